internal import Readiness
internal import Sockets

extension Operation: CustomStringConvertible {
    /// The operation as it is written in a Swift program, which is how reports print it.
    package var description: String {
        ".\(kind.rawValue)" + (arguments.isEmpty ? "" : "(" + arguments.joined(separator: ", ") + ")")
    }

    private var arguments: [String] {
        switch self {
        case .make(let kind, let first, let second):
            [".\(kind.rawValue)", first.source, second?.source ?? "nil"]
        case .write(let id, let count), .read(let id, let count): [id.source, "\(count)"]
        case .drain(let id), .fill(let id), .close(let id), .closeUntold(let id), .reset(let id),
            .sendOutOfBand(let id),
            .receiveOutOfBand(let id), .takeOutOfBandInline(let id), .takeError(let id), .connectInVain(let id):
            [id.source]
        case .shutDown(let id, let half): [id.source, ".\(half)"]
        case .connect(let id, let listener): [id.source, "to: \(listener.source)"]
        case .accept(let id, let listener): [id.source, "from: \(listener.source)"]
        case .duplicate(let id, let copy): [id.source, "as: \(copy.source)"]
        case .replace(let id, let kind, let first, let second):
            [id.source, ".\(kind.rawValue)", first.source, second?.source ?? "nil"]
        case .register(let observer, let id, let interest), .modify(let observer, let id, let interest):
            [".\(observer)", id.source, interest.source]
        case .rearm(let observer, let id), .remove(let observer, let id): [".\(observer)", id.source]
        case .wake, .wait, .lookAway, .holdEvents: []
        }
    }
}

extension DescriptorID {
    fileprivate var source: String { String(number) }
}

extension Interest {
    fileprivate var source: String {
        let names: [(Interest, String)] = [
            (.readable, ".readable"), (.writable, ".writable"), (.priority, ".priority"), (.peerClosed, ".peerClosed"),
        ]
        return "[" + names.filter { contains($0.0) }.map(\.1).joined(separator: ", ") + "]"
    }
}
