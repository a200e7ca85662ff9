internal import Sockets

/// Bytes on their way to a peer that does not take them at once, in order.
struct Outbox {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ new: Span<UInt8>) {
        compact()
        unsafe new.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        compact()
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes as much as the socket takes, and returns how much that was.
    mutating func flush<Handle: SocketHandle & ~Copyable & ~Escapable>(to socket: borrowing Handle) throws(IOError)
        -> Int
    {
        guard !isEmpty else { return 0 }
        guard case .bytes(let count) = try socket.write(bytes.span.extracting(droppingFirst: start)) else { return 0 }
        start += count
        // An idle connection holds no memory.
        if isEmpty { self = Outbox() }
        return count
    }

    /// Drops all but the line that may have been sent in part.
    mutating func dropAfterFirstLine() {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
        bytes = Array(bytes[start..<end])
        start = 0
    }

    /// Moves what waits to the front once that costs no more than was written since the last time.
    private mutating func compact() {
        guard start > 0, start >= bytes.count - start else { return }
        bytes.removeFirst(start)
        start = 0
    }
}
