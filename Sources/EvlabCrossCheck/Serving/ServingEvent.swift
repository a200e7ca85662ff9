package import Sockets

/// What a client sees of its connection.
package enum ServingEvent: Hashable, Sendable {
    case opened
    /// So many bytes in a row, all of them right.
    case data(Int)
    /// The server sends no more.
    case halfClosed
    /// The client has closed its end.
    case closed
    case failed(IOError.Code)

    // What should never be.

    /// So many bytes were right, the next is not.
    case wrongByte(after: Int)
    /// The server sent more than was due.
    case surplus
    /// What was due did not come: so many bytes are missing, or the end.
    case silence(missing: Int)
    /// The server took no more, although it had been read from.
    case noRoom
}

extension ServingEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .opened: "opened"
        case .data(let count): "data \(count)"
        case .halfClosed: "half-closed"
        case .closed: "closed"
        case .failed(let code): "failed: \(code)"
        case .wrongByte(let count): "a wrong byte after \(count)"
        case .surplus: "more than was due"
        case .silence(let missing): missing > 0 ? "silence, \(missing) bytes missing" : "silence, no end"
        case .noRoom: "no room to send"
        }
    }
}
