/// The kinds of operations, for counting.
package enum OperationKind: String, Hashable, Sendable, CaseIterable {
    case make, write, read, drain, fill, shutDown, close, closeUntold, reset, sendOutOfBand, receiveOutOfBand
    case takeOutOfBandInline, takeError, connect, connectInVain, accept, duplicate, replace
    case register, modify, rearm, remove, wake, wait
    case lookAway, holdEvents
}

extension Operation {
    package var kind: OperationKind {
        switch self {
        case .make: .make
        case .write: .write
        case .read: .read
        case .drain: .drain
        case .fill: .fill
        case .shutDown: .shutDown
        case .close: .close
        case .closeUntold: .closeUntold
        case .reset: .reset
        case .sendOutOfBand: .sendOutOfBand
        case .receiveOutOfBand: .receiveOutOfBand
        case .takeOutOfBandInline: .takeOutOfBandInline
        case .takeError: .takeError
        case .connect: .connect
        case .connectInVain: .connectInVain
        case .accept: .accept
        case .duplicate: .duplicate
        case .replace: .replace
        case .register: .register
        case .modify: .modify
        case .rearm: .rearm
        case .remove: .remove
        case .wake: .wake
        case .wait: .wait
        case .lookAway: .lookAway
        case .holdEvents: .holdEvents
        }
    }

    /// What kinds of descriptors the operation opens.
    package var madeKind: DescriptorKind? {
        switch self {
        case .make(let kind, _, _), .replace(_, let kind, _, _): kind
        default: nil
        }
    }
}
