internal import Readiness
internal import Sockets

/// What an echo owes one peer: the bytes that it has sent and not yet taken back.
struct EchoConnection: ~Copyable {
    /// What a connection waits for after a turn.
    enum Next {
        /// What it waited for before.
        case asBefore
        /// More to read. Asked for anew, it is reported even if it is there already, under every trigger.
        case read
        /// Room to write. Asked for only while something waits to be written, for there is room nearly always.
        case write
        /// Nothing: the peer has finished and has everything back, or it has gone.
        case close
    }

    /// What the peer does not take at the moment. Nothing is read meanwhile, so it is never more than one read.
    private var pending: [UInt8] = []
    private var pendingStart = 0

    /// The most reads and writes a turn: one peer that always sends must not keep the others waiting.
    private static let passesPerTurn = 16

    /// Does what the socket is ready for, and adds to `echoed` what it wrote.
    @inline(__always)
    mutating func turn<Handle: SocketHandle & ~Copyable & ~Escapable>(
        on socket: borrowing Handle,
        _ events: ReadyEvents,
        _ buffer: inout MutableSpan<UInt8>,
        _ echoed: inout Int
    ) -> Next {
        guard pending.isEmpty else { return flush(to: socket, &echoed) }
        // One pass is nearly always all there is to a turn: it stays out of the loop, and free of what that costs.
        return pass(on: socket, events, &buffer, &echoed) ?? morePasses(on: socket, events, &buffer, &echoed)
    }

    @inline(never)
    private mutating func morePasses<Handle: SocketHandle & ~Copyable & ~Escapable>(
        on socket: borrowing Handle,
        _ events: ReadyEvents,
        _ buffer: inout MutableSpan<UInt8>,
        _ echoed: inout Int
    ) -> Next {
        for _ in 1..<Self.passesPerTurn {
            if let next = pass(on: socket, events, &buffer, &echoed) { return next }
        }
        return .read
    }

    /// Reads once, and writes that; `nil` when there may be more to read.
    @inline(__always)
    private mutating func pass<Handle: SocketHandle & ~Copyable & ~Escapable>(
        on socket: borrowing Handle,
        _ events: ReadyEvents,
        _ buffer: inout MutableSpan<UInt8>,
        _ echoed: inout Int
    ) -> Next? {
        do throws(IOError) {
            let count: Int
            switch try socket.read(into: &buffer) {
            case .bytes(let bytes): count = bytes
            case .wouldBlock: return .asBefore
            case .end: return .close
            }
            let bytes = buffer.span.extracting(first: count)
            let written = try socket.write(bytes).count
            echoed += written
            guard written == count else { return keep(bytes.extracting(droppingFirst: written)) }
            return count < buffer.count && events == .readable ? .asBefore : nil
        } catch {
            // A reset, for example. It matters to nobody but this peer.
            return .close
        }
    }

    @inline(never)
    private mutating func keep(_ bytes: Span<UInt8>) -> Next {
        pending = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
        pendingStart = 0
        return .write
    }

    @inline(never)
    private mutating func flush<Handle: SocketHandle & ~Copyable & ~Escapable>(
        to socket: borrowing Handle,
        _ echoed: inout Int
    ) -> Next {
        do throws(IOError) {
            let written = try socket.write(pending.span.extracting(droppingFirst: pendingStart)).count
            echoed += written
            pendingStart += written
        } catch {
            return .close
        }
        guard pendingStart == pending.count else { return .asBefore }
        // An idle connection holds no memory.
        pending = []
        return .read
    }
}

extension WriteOutcome {
    /// The bytes taken: none, when the write would have blocked.
    fileprivate var count: Int {
        switch self {
        case .bytes(let count): count
        case .wouldBlock: 0
        }
    }
}
