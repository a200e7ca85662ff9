import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// A wait that lasts longer is a failure. On a busy machine threads may get no CPU for seconds.
let patience = Duration.seconds(60)

/// The error that `body` throws, or `nil`.
func failure<Result: ~Copyable>(_ body: () throws(IOError) -> Result) -> IOError? {
    do throws(IOError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// The events that are ready now, in the order in which they are handed out.
func readyNow(_ epoll: borrowing Epoll, capacity: Int = 64) throws -> [EventBatch.Event] {
    var batch = try EventBatch(capacity: capacity)
    try epoll.wait(into: &batch, upTo: .zero)
    return batch.rest()
}

/// The events of one wait, which has to bring some.
func nextEvents(
    _ epoll: borrowing Epoll,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> [EventBatch.Event] {
    var batch = try EventBatch(capacity: 64)
    let count = try epoll.wait(into: &batch, upTo: patience)
    #expect(count > 0, "no event came", sourceLocation: sourceLocation)
    return batch.rest()
}

extension EventBatch {
    /// Everything that is left, handed out.
    mutating func rest() -> [Event] {
        var events: [Event] = []
        while let event = next() { events.append(event) }
        return events
    }
}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    func write(_ text: String) throws {
        let outcome = try write(Array(text.utf8).span)
        #expect(outcome == .bytes(text.utf8.count))
    }
}

extension ByteHandle where Self: ~Copyable, Self: ~Escapable {
    /// Reads once, at most `count` bytes.
    func readText(_ count: Int = 1024) throws -> String? {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        guard case .bytes(let count) = try read(into: &span) else { return nil }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

/// A descriptor for counting (`eventfd(2)`).
func makeEventDescriptor(_ count: UInt32 = 0) throws -> Descriptor {
    let number = clinux_eventfd(count)
    try #require(number >= 0)
    return Descriptor(adopting: FileDescriptor(rawValue: number))
}

/// The same file under a number so high that no other thread of the process gets it after a close: libraries open files too.
func movedUp(_ descriptor: consuming Descriptor) throws -> Descriptor {
    let number = clinux_duplicate(descriptor.fileDescriptor.rawValue, 900)
    try #require(number >= 900)
    return Descriptor(adopting: FileDescriptor(rawValue: number))
}

func signal(_ event: borrowing Descriptor) {
    clinux_eventfd_signal(event.fileDescriptor.rawValue)
}

/// A connection over TCP on the loopback.
func makeTCPPair() throws -> SocketPair {
    let listener = try Socket.listening(on: .loopback(port: 0))
    let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
    waitUntilReady(client, POLLOUT)
    waitUntilReady(listener, POLLIN)
    guard let accepted = try listener.accept() else { throw IOError("accept4", .notFound) }
    return SocketPair(first: client, second: accepted.intoSocket())
}

/// An address of the loopback where nobody is.
func makeUnusedAddress() throws -> SocketAddress {
    let socket = try Socket.bound(to: .loopback(port: 0), .stream)
    return try socket.localAddress()
}

/// Waits until poll(2) reports one of `events`.
@discardableResult
func waitUntilReady(
    _ holder: borrowing some DescriptorHolder & ~Copyable,
    _ events: CInt,
    sourceLocation: SourceLocation = #_sourceLocation
) -> CInt {
    let number = holder.fileDescriptor.rawValue
    var request = pollfd(fd: number, events: CShort(events), revents: 0)
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
        if unsafe poll(&request, 1, 1000) == 1 { return CInt(request.revents) }
    }
    Issue.record("descriptor \(number) was not ready for \(events) in time", sourceLocation: sourceLocation)
    return 0
}

/// How many descriptors the process has open.
func openDescriptorCount() -> Int {
    guard let directory = unsafe opendir("/proc/self/fd") else { return -1 }
    defer { unsafe closedir(directory) }
    var count = 0
    while unsafe readdir(directory) != nil { count += 1 }
    return count
}

/// How often the calling thread has gone to sleep, and not just been interrupted by others.
func voluntarySwitches() -> Int {
    var usage = rusage()
    // RUSAGE_THREAD, which the Glibc module hides.
    unsafe getrusage(1, &usage)
    return usage.ru_nvcsw
}
