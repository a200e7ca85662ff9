import FaultTools
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite("Acceptor")
struct AcceptorTests {
    /// A listener with this many clients waiting, whose descriptors are left to the caller.
    private static func listener(waiting count: Int) throws -> (FileDescriptor, clients: [FileDescriptor]) {
        let listener = try Socket.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let clients = try (0..<count).map { _ in try Socket.connecting(to: address).intoSocket().release() }
        let deadline = ContinuousClock.now + .seconds(60)
        while queueLength(of: listener) < count, ContinuousClock.now < deadline { sched_yield() }
        try #require(queueLength(of: listener) == count)
        return (listener.release(), clients)
    }

    /// How many connections can be accepted: a client may take itself for connected before it can.
    private static func queueLength(of listener: borrowing Socket) -> Int {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        unsafe getsockopt(listener.fileDescriptor.rawValue, CInt(IPPROTO_TCP), TCP_INFO, &info, &size)
        // Of a listener it is this that the kernel says here.
        return Int(info.tcpi_unacked)
    }

    private static func close(_ descriptors: [FileDescriptor]) throws {
        for descriptor in descriptors { try descriptor.close() }
    }

    private static func pauseCause(_ outcome: Acceptor.Outcome) -> Errno? {
        guard case .pause(let pause, let error) = outcome, pause == Acceptor.pause else { return nil }
        return error.errno
    }

    @Test("accepts all that waits, then is drained")
    func drained() throws {
        let (listener, clients) = try Self.listener(waiting: 5)
        var acceptor = try Acceptor(on: Socket(adopting: listener))
        var count = 0
        let outcome = acceptor.accept { accepted in
            count += 1
            accepted.intoSocket().close()
        }
        #expect(outcome == .drained && count == 5)
        let again = acceptor.accept { _ in count += 1 }
        #expect(again == .drained && count == 5)
        try Self.close(clients)
    }

    @Test("spends its budget and goes on next turn", arguments: [1, 2, 5, 6])
    func budget(_ budget: Int) throws {
        let (listener, clients) = try Self.listener(waiting: 5)
        var acceptor = try Acceptor(on: Socket(adopting: listener), budget: budget)
        var turns: [Int] = []
        var outcome = Acceptor.Outcome.budgetSpent
        while outcome == .budgetSpent {
            var count = 0
            outcome = acceptor.accept { _ in count += 1 }
            turns.append(count)
            #expect(count <= budget)
        }
        #expect(outcome == .drained)
        #expect(turns.reduce(0, +) == 5)
        #expect(turns.dropLast().allSatisfy { $0 == budget })
        try Self.close(clients)
    }

    @Test("bad arguments", arguments: [0, -1])
    func badArguments(_ budget: Int) throws {
        let listener = try Socket.listening(on: .loopback(port: 0)).release()
        let error = failure { () throws(IOError) in try Acceptor(on: Socket(adopting: listener), budget: budget) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.detail.contains("use 1 or more") == true)
        let idle = failure { () throws(IOError) in try Acceptor(on: Socket(.ipv4)) }
        #expect(idle?.code == .invalidArgument)
        #expect(idle?.detail.contains("listen(backlog:)") == true)
    }

    @Test("a socket that was shut down has failed for good", .bug(id: "cannot-accept"))
    func failed() throws {
        let (listener, clients) = try Self.listener(waiting: 1)
        var acceptor = try Acceptor(on: Socket(adopting: listener))
        try acceptor.socket.shutDown(.both)
        let outcome = acceptor.accept { _ in Issue.record("nothing can be accepted") }
        guard case .failed(let error) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(error.code == .invalidArgument)
        try Self.close(clients)
    }

    @Test("gives its socket back")
    func giveBack() throws {
        let (listener, clients) = try Self.listener(waiting: 1)
        let acceptor = try Acceptor(on: Socket(adopting: listener))
        let socket = acceptor.intoSocket()
        let isAccepted = try socket.accept() != nil
        #expect(isAccepted)
        try Self.close(clients)
    }

    @Test(
        "fault 1: without descriptors it sheds what waits, and clients learn at once; then it heals",
        .bug(id: "accept-without-descriptors")
    )
    func sheds() async {
        await #expect(processExitsWith: .success) {
            let (listener, clients) = try Self.listener(waiting: 5)
            let late = try Socket(.ipv4)
            var acceptor = try Acceptor(on: Socket(adopting: listener), budget: 3)
            let usual = try DescriptorLimit()
            let outcomes = (0..<3).map { _ in acceptor.accept { _ in Issue.record("nothing can be accepted") } }
            #expect(outcomes == [.shed(3), .shed(2), .drained])
            for client in clients {
                wait(for: POLLIN, on: client)
                let socket = try Socket(adopting: client)
                var bytes: [UInt8] = [0]
                var span = bytes.mutableSpan
                let outcome = try socket.read(into: &span)
                #expect(outcome == .end)
            }
            usual.end()
            _ = try late.connect(to: acceptor.socket.localAddress())
            wait(for: POLLIN, on: acceptor.socket)
            var count = 0
            let healed = acceptor.accept { _ in count += 1 }
            #expect(healed == .drained && count == 1)
        }
    }

    @Test(
        "fault 1: told to pause, it leaves connections waiting; they are served when descriptors return",
        .bug(id: "accept-without-descriptors")
    )
    func pauses() async {
        await #expect(processExitsWith: .success) {
            let (listener, clients) = try Self.listener(waiting: 2)
            var acceptor = try Acceptor(on: Socket(adopting: listener), whenExhausted: .pause)
            let usual = try DescriptorLimit()
            let outcome = acceptor.accept { _ in Issue.record("nothing can be accepted") }
            #expect(Self.pauseCause(outcome) == .tooManyOpenFiles)
            usual.end()
            var count = 0
            let healed = acceptor.accept { _ in count += 1 }
            #expect(healed == .drained && count == 2)
            try Self.close(clients)
        }
    }

    @Test("a reserve that another thread took is got back, so that it sheds again")
    func reserveReturns() async {
        await #expect(processExitsWith: .success) {
            let (listener, clients) = try Self.listener(waiting: 1)
            let address = try Socket(adopting: listener).withAddress()
            var acceptor = try Acceptor(on: Socket(adopting: listener))
            // Not even the number of the reserve is allowed from here on, as if another thread had taken it.
            let usual = try DescriptorLimit(lowestAllowed: 3)
            let first = acceptor.accept { _ in Issue.record("nothing can be accepted") }
            #expect(Self.pauseCause(first) == .tooManyOpenFiles)
            usual.end()
            var count = 0
            let served = acceptor.accept { _ in count += 1 }
            #expect(served == .drained && count == 1)

            let late = try Socket.connecting(to: address).intoSocket()
            wait(for: POLLIN, on: acceptor.socket)
            let again = try DescriptorLimit()
            let shed = acceptor.accept { _ in Issue.record("nothing can be accepted") }
            #expect(shed == .shed(1))
            again.end()
            late.close()
            try Self.close(clients)
        }
    }

    @Test("no descriptor for the reserve: a typed error")
    func noReserve() async {
        await #expect(processExitsWith: .success) {
            let listener = try Socket.listening(on: .loopback(port: 0)).release()
            let usual = try DescriptorLimit()
            let error = failure { () throws(IOError) in try Acceptor(on: Socket(adopting: listener)) }
            #expect(error?.code == .noDescriptors)
            usual.end()
        }
    }

    @Test(
        "fault 2: what the whole system lacks is not shed: accepting pauses, and heals",
        arguments: ["ENFILE", "ENOBUFS", "ENOMEM"]
    )
    func systemExhausted(_ name: String) async {
        await #expect(processExitsWith: .success) { [name] in
            let (listener, clients) = try Self.listener(waiting: 2)
            var acceptor = try Acceptor(on: Socket(adopting: listener))
            let fault = try SystemCallFault("accept4:error=\(name):when=1..3")
            for _ in 0..<3 {
                let outcome = acceptor.accept { _ in Issue.record("nothing can be accepted") }
                let errnos: [String: Errno] = [
                    "ENFILE": .tooManyOpenFilesInSystem, "ENOBUFS": .noBufferSpace, "ENOMEM": .noMemory,
                ]
                #expect(Self.pauseCause(outcome) == errnos[name])
            }
            var count = 0
            let healed = acceptor.accept { _ in count += 1 }
            #expect(healed == .drained && count == 2)
            fault.end()
            try Self.close(clients)
        }
    }

    @Test(
        "fault 3: connections that failed while they waited are passed over",
        .bug(id: "aborted-while-waiting"),
        .bug(id: "cannot-accept"),
        arguments: ["ECONNABORTED", "EPROTO", "EINTR", "ENETDOWN", "EHOSTUNREACH", "ENOPROTOOPT", "EOPNOTSUPP"]
    )
    func passedOver(_ name: String) async {
        await #expect(processExitsWith: .success) { [name] in
            let (listener, clients) = try Self.listener(waiting: 2)
            var acceptor = try Acceptor(on: Socket(adopting: listener))
            let fault = try SystemCallFault("accept4:error=\(name):when=1..5")
            var count = 0
            let outcome = acceptor.accept { _ in count += 1 }
            #expect(outcome == .drained && count == 2)
            fault.end()
            try Self.close(clients)
        }
    }

    @Test("fault 7: close is never repeated after EINTR")
    func closeOnce() async {
        await #expect(processExitsWith: .success) {
            let socket = try Socket(.ipv4)
            let number = socket.fileDescriptor.rawValue
            // The calls fail before they do anything, so repeated calls would be seen: one would come through.
            let fault = try SystemCallFault("close:error=EINTR:when=1..100")
            socket.close()
            fault.end()
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        }
    }
}

extension Socket {
    /// The address, of a socket that stays open and goes back to its owner.
    fileprivate consuming func withAddress() throws(IOError) -> SocketAddress {
        let address = try localAddress()
        _ = release()
        return address
    }
}
