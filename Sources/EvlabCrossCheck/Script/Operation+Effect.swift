extension Operation {
    /// The descriptor that the operation closes.
    var closedDescriptor: DescriptorID? {
        switch self {
        case .close(let id), .closeUntold(let id), .reset(let id), .replace(let id, _, _, _): id
        default: nil
        }
    }

    /// Whether it makes of events that are held back what nobody can promise.
    var disturbsHolding: Bool { kind == .wake || kind == .closeUntold }

    /// The descriptor that it uses, where it neither opens nor closes any.
    var user: DescriptorID? {
        switch self {
        case .write(let id, _), .read(let id, _), .drain(let id), .fill(let id), .shutDown(let id, _),
            .sendOutOfBand(let id), .receiveOutOfBand(let id), .takeOutOfBandInline(let id), .takeError(let id):
            id
        default: nil
        }
    }

    /// The descriptors that it opens.
    var openedDescriptors: [DescriptorID] {
        switch self {
        case .make(_, let first, let second), .replace(_, _, let first, let second):
            second.map { [first, $0] } ?? [first]
        case .connect(let id, _), .connectInVain(let id), .accept(let id, _), .duplicate(_, let id): [id]
        default: []
        }
    }
}
