import Glibc
import Libevent
import Readiness
import Sockets
import Testing

@Suite struct ConnectionListenerTests {
    @Test(arguments: TestBase.allCases)
    func connectionsAreHandedOutWithTheirPeers(kind: TestBase) throws {
        let base = try kind.make()
        var peers: [SocketAddress?] = []
        let listener = try ConnectionListener(on: base, address: .loopback(port: 0)) { _, peer in peers.append(peer) }
        var clients: [SocketAddress?] = []
        var held: [Holder] = []
        for _ in 0..<5 {
            let client = try Socket.connecting(to: listener.address).intoSocket()
            clients.append(try client.localAddress())
            held.append(Holder(client))
        }
        try base.run(until: { peers.count == 5 })
        #expect(Set(peers) == Set(clients))
        listener.close()
        listener.close()
        #expect(try base.run(.untilIdle) == .idle)
        _ = held
    }

    @Test(arguments: TestBase.allCases)
    func aBurstIsAcceptedABudgetATurn(kind: TestBase) throws {
        let base = try kind.make()
        var accepted = 0
        let listener = try ConnectionListener(on: base, address: .unnamedUnix, budget: 4) { _, _ in accepted += 1 }
        let clients = try (0..<10).map { _ in Holder(try Socket.connecting(to: listener.address).intoSocket()) }
        try base.run(until: { accepted > 0 })
        #expect(accepted == 4)
        try base.run(until: { accepted == 10 })
        listener.close()
        _ = clients
    }

    @Test(arguments: TestBase.allCases)
    func aDisabledListenerLeavesConnectionsWaiting(kind: TestBase) throws {
        let base = try kind.make()
        var accepted = 0
        let listener = try ConnectionListener(on: base, address: .loopback(port: 0)) { _, _ in accepted += 1 }
        listener.disable()
        let client = try Socket.connecting(to: listener.address).intoSocket()
        try base.runWithoutWaiting()
        #expect(accepted == 0)
        try listener.enable()
        try base.run(until: { accepted == 1 })
        listener.close()
        #expect(throws: IOError.self) { try listener.enable() }
        client.close()
    }

    @Test(arguments: TestBase.allCases)
    func aListenerCanCloseItselfInItsHandler(kind: TestBase) throws {
        let base = try kind.make()
        var listener: ConnectionListener?
        var accepted = 0
        listener = try ConnectionListener(on: base, address: .loopback(port: 0)) { _, _ in
            accepted += 1
            listener?.close()
            listener = nil
        }
        let address = try #require(listener?.address)
        let clients = try (0..<3).map { _ in Holder(try Socket.connecting(to: address).intoSocket()) }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(accepted == 1)
        _ = clients
    }

    @Test(arguments: TestBase.allCases)
    func aHandlerMayHoldItsOwnListener(kind: TestBase) throws {
        let base = try kind.make()
        weak var observed: ConnectionListener?
        do {
            var listener: ConnectionListener?
            listener = try ConnectionListener(on: base, address: .unnamedUnix) { _, _ in listener?.close() }
            observed = listener
            let address = try #require(listener?.address)
            try Socket.connecting(to: address).intoSocket().close()
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(observed == nil)
    }

    @Test(arguments: TestBase.allCases)
    func anErrorOfTheHandlerIsToldAndTheConnectionCloses(kind: TestBase) throws {
        let base = try kind.make()
        let thrown = IOError("test", .cancelled)
        var errors: [IOError] = []
        let listener = try ConnectionListener(on: base, address: .loopback(port: 0)) { _, _ in
            throw thrown
        }
        listener.onError { errors.append($0) }
        let client = try Socket.connecting(to: listener.address).intoSocket()
        try base.run(until: { !errors.isEmpty })
        #expect(errors == [thrown])
        try base.run(until: { (try? client.drain().atEnd) == true })
        listener.close()
    }

    /// A limit on connections can be kept exactly.
    @Test(arguments: TestBase.allCases)
    func aListenerThatIsDisabledInItsHandlerAcceptsNoMore(kind: TestBase) throws {
        let base = try kind.make()
        var accepted = 0
        var listener: ConnectionListener?
        listener = try ConnectionListener(on: base, address: .unnamedUnix) { _, _ in
            accepted += 1
            if accepted == 2 { listener?.disable() }
        }
        let address = try #require(listener?.address)
        let clients = try (0..<5).map { _ in Holder(try Socket.connecting(to: address).intoSocket()) }
        try base.run(until: { accepted > 0 })
        try base.runWithoutWaiting()
        #expect(accepted == 2)
        try listener?.enable()
        try base.run(until: { accepted == 5 })
        listener?.close()
        _ = clients
    }

    @Test func aPortInUseIsATypedError() throws {
        let base = try EventBase()
        let first = try ConnectionListener(on: base, address: .loopback(port: 0)) { _, _ in }
        let error = #expect(throws: IOError.self) {
            try ConnectionListener(on: base, address: first.address) { _, _ in }
        }
        #expect(error?.code == .addressInUse)
        #expect(error?.description.contains(first.address.description) == true)
    }

    @Test(arguments: TestBase.allCases)
    func theEndOfTheBaseClosesItsListeners(kind: TestBase) throws {
        var base: EventBase? = try kind.make()
        let address = try ConnectionListener(on: try #require(base), address: .loopback(port: 0)) { _, _ in }.address
        base = nil
        // A child that another test has just started may still have the socket.
        let deadline = ContinuousClock.now + .seconds(120)
        var isFree = false
        while !isFree, ContinuousClock.now < deadline {
            isFree = (try? Socket.listening(on: address).close()) != nil
            sched_yield()
        }
        #expect(isFree)
    }
}

/// Keeps a socket open for as long as it is held.
final class Holder {
    private let socket: Socket

    init(_ socket: consuming Socket) {
        self.socket = socket
    }
}
