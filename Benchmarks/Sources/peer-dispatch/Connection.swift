import CPeer
import Dispatch
import Glibc

/// One client. Its sources hold it until they are cancelled; all of it happens on the queue.
final class Connection {
    private let descriptor: CInt
    private var readable: (any DispatchSourceRead)?
    private var writable: (any DispatchSourceWrite)?
    /// What the socket did not take. Nothing is read meanwhile.
    private var rest: [UInt8] = []

    private static let size = 64 * 1024
    /// One for all, since there is one queue: what was read is written, or copied, before the next read.
    private nonisolated(unsafe) static let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)

    /// A source that makes a connection of each client. Not in main.swift, whose closures belong to the main thread.
    static func accepting(from listener: CInt, on queue: DispatchQueue) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(fileDescriptor: listener, queue: queue)
        source.setEventHandler {
            while true {
                let descriptor = peer_accept(listener)
                guard descriptor >= 0 else { return }
                Connection(descriptor).start(on: queue)
            }
        }
        return source
    }

    private init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private func start(on queue: DispatchQueue) {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { self.read(queue) }
        // The handlers go with the cancellation, and with them the last who holds this.
        source.setCancelHandler { self.readable = nil }
        readable = source
        source.activate()
    }

    private func read(_ queue: DispatchQueue) {
        let count = Glibc.read(descriptor, Self.buffer, Self.size)
        if count < 0, errno == EAGAIN { return }
        guard count > 0 else { return end() }
        let sent = max(0, send(descriptor, Self.buffer, count, CInt(MSG_NOSIGNAL)))
        guard sent < count else { return }
        if sent == 0, errno != EAGAIN { return end() }
        rest = Array(UnsafeRawBufferPointer(start: Self.buffer + sent, count: count - sent))
        readable?.suspend()
        waitForRoom(on: queue)
    }

    private func waitForRoom(on queue: DispatchQueue) {
        let source = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { self.flush() }
        source.setCancelHandler {
            self.writable = nil
            self.readable?.resume()
        }
        writable = source
        source.activate()
    }

    private func flush() {
        let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        if sent < 0 {
            if errno != EAGAIN { end() }
            return
        }
        rest.removeFirst(sent)
        if rest.isEmpty { writable?.cancel() }
    }

    private func end() {
        writable?.cancel()
        readable?.cancel()
    }
}
