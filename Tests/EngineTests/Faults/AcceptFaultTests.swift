import FaultTools
import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What accepting meets when the process or the system has nothing left, on every engine. Each in a process of its own.
@Suite struct AcceptFaultTests {
    /// A listener on a new engine, and what has become of its connections.
    private final class Door<Engine: EventEngine> {
        let engine: Engine
        let listener: Listener<Engine>
        private(set) var accepted = 0
        private(set) var errors: [Errno?] = []

        init(on engine: Engine) throws {
            self.engine = engine
            var greet: () -> Void = {}
            listener = try Listener(on: engine, address: .loopback(port: 0)) { _, _ in greet() }
            greet = { [unowned self] in accepted += 1 }
            listener.onError { [unowned self] in errors.append($0.errno) }
        }

        func connect() throws -> Socket {
            try Socket.connecting(to: listener.address).intoSocket()
        }
    }

    private static func onEachEngine(_ body: (any EventEngine) throws -> Void) throws {
        alarm(500)
        for kind in EngineKind.allCases { try body(kind.make()) }
    }

    @Test(
        "fault 1: without descriptors clients learn at once, those that stand go on, and it heals",
        .bug(id: "accept-without-descriptors")
    )
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            try Self.onEachEngine { try Self.shed(on: $0) }
        }
    }

    private static func shed(on engine: some EventEngine) throws {
        let door = try Door(on: engine)
        let pair = try Pair()
        var heard = ""
        try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in heard += (try? watch.socket.readText()) ?? "" }
        let early = try door.connect()
        let late = try Socket(.ipv4)
        let limit = try DescriptorLimit()
        try pair.send("still here")
        try engine.run(until: { heard == "still here" && door.listener.shedConnections == 1 })
        #expect(door.accepted == 0)
        try early.waitForInput()
        var bytes: [UInt8] = [0]
        var span = bytes.mutableSpan
        #expect(try early.read(into: &span) == .end)
        limit.end()
        _ = try late.connect(to: door.listener.address)
        try engine.run(until: { door.accepted == 1 })
        door.listener.close()
    }

    @Test(
        "fault 2: what the whole system lacks makes accepting pause, not spin, and it heals",
        arguments: ["ENFILE", "ENOBUFS", "ENOMEM"]
    )
    func systemExhausted(_ name: String) async {
        await #expect(processExitsWith: .success) { [name] in
            try Self.onEachEngine { try Self.pause(on: $0, at: name) }
        }
    }

    private static func pause(on engine: some EventEngine, at name: String) throws {
        let door = try Door(on: engine)
        let client = try door.connect()
        let fault = try SystemCallFault("accept4:error=\(name):when=1..2")
        defer { fault.end() }
        try engine.run(until: { door.accepted == 1 })
        // Told once for each pause: a listener that tried again at once would not have ended it with two.
        #expect(door.errors.count == 2 && door.listener.shedConnections == 0)
        door.listener.close()
        client.close()
    }

    @Test(
        "fault 3: a connection that failed while it waited is passed over",
        .bug(id: "aborted-while-waiting"),
        arguments: ["ECONNABORTED", "EPROTO", "EINTR"]
    )
    func passedOver(_ name: String) async {
        await #expect(processExitsWith: .success) { [name] in
            try Self.onEachEngine { try Self.passOver(on: $0, name) }
        }
    }

    private static func passOver(on engine: some EventEngine, _ name: String) throws {
        let door = try Door(on: engine)
        let client = try door.connect()
        let fault = try SystemCallFault("accept4:error=\(name):when=1..3")
        defer { fault.end() }
        try engine.run(until: { door.accepted == 1 })
        #expect(door.errors.isEmpty)
        door.listener.close()
        client.close()
    }

    @Test("fault 39: a peer without a name is accepted like any other", arguments: EngineKind.allCases)
    func namelessPeer(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var peers: [SocketAddress?] = []
            let listener = try Listener(on: engine, address: .unnamedUnix) { _, peer in peers.append(peer) }
            let client = try Socket.connecting(to: listener.address).intoSocket()
            try engine.run(until: { peers.count == 1 })
            #expect(peers == [.unnamedUnix])
            listener.close()
            client.close()
        }
        try check(kind.make())
    }
}
