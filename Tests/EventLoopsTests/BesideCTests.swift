import CBaselines
import EventLoops
import Libevent
import Sockets
import SystemPackage
import Testing

/// A loop and a C library on one base of libevent.
@Suite(.serialized, .onTestThread)
struct BesideCTests {
    @Test("a loop runs on the base that a C library made; both are served, and the base stays the library's")
    func adopted() throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let guest = unsafe Guest(cbaseline_guest_open(nil, listener.release().rawValue))
        let made = unsafe try #require(cbaseline_guest_base(guest.handle))
        let base = unsafe EventBase(unsafeAdopting: made)
        let answers = try EventLoop.run(on: base) { loop in
            let own = try TCPServer(on: .loopback(port: 0), loops: [loop])
            async let running: Void = own.run(echo)
            let answers = [try await ask(own.address, on: loop), try await ask(address, on: loop)]
            try await guest.tick(on: loop)
            own.shutDown()
            try await running
            return answers
        }
        #expect(answers == ["hello", "hello"])
        #expect(unsafe cbaseline_guest_run(guest.handle, 3, 60) == 0)
        // Once more, since the base is not used up.
        #expect(try EventLoop.run(on: base) { loop in try await ask(address, on: loop) } == "hello")
        base.close()
        #expect(unsafe cbaseline_guest_run(guest.handle, 3, 60) == 0)
        unsafe cbaseline_guest_close(guest.handle)
    }

    @Test("a loop lends its base to a C library, which serves on the loop's thread")
    func lent() async throws {
        let loop = try EventLoop(engine: .libevent)
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let number = listener.release().rawValue
        let guest = try await Task(executorPreference: loop) {
            let opened = unsafe loop.withUnsafeEventBase { base in unsafe Guest(cbaseline_guest_open(base, number)) }
            return try #require(opened)
        }.value
        #expect(try await ask(address, on: loop) == "hello")
        let peer = try await Peer.connect(to: address)
        try await peer.send("from another thread")
        #expect(try await peer.receiveText(19) == "from another thread")
        try await Task(executorPreference: loop) {
            try await guest.tick(on: loop)
            unsafe cbaseline_guest_close(guest.handle)
        }.value
        #expect(try await peer.receiveUntilEnd().isEmpty)
        await loop.shutDown()
    }

    @Test("a native loop has no base to lend")
    func native() async throws {
        let loop = try EventLoop(engine: .native)
        let lent = await Task(executorPreference: loop) { unsafe loop.withUnsafeEventBase { _ in true } }.value
        #expect(lent == nil)
        await loop.shutDown()
    }
}

/// On its way to the loop's thread and back; used there only.
@safe
private struct Guest: @unchecked Sendable {
    // Unchecked: a handle of C, which one thread uses at a time.
    let handle: OpaquePointer?

    init(_ handle: OpaquePointer?) {
        unsafe self.handle = handle
    }

    /// Returns when the library's timer has fired a few times, while the loop runs.
    func tick(on loop: EventLoop) async throws {
        while unsafe cbaseline_guest_ticks(handle) < 3 { try await loop.sleep(for: .milliseconds(1)) }
    }
}

private func ask(_ address: SocketAddress, on loop: EventLoop) async throws -> String? {
    try await TCPConnection.connect(to: address, on: loop) { connection in
        try await connection.write("hello")
        return try await connection.read()?.text
    }
}
