import CLinux
import EventLoops
import Glibc
import Sockets
import Testing

/// More than fits: into a read, into a batch of events, into the numbers that libevent's select knows.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct CapacityFaultTests {
    @Test("fault 9: what one read leaves is read by the next", .onTestThread, arguments: EngineKind.allCases)
    func partialReads(_ kind: EngineKind) async throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let reads = Collected<Int>()
        try await withServer(kind) { connection in
            // Nobody reads while all of it comes.
            try await connection.write("go")
            _ = try await connection.read(exactly: 1)
            var rest = bytes.dropFirst()
            while !rest.isEmpty, let chunk = try await connection.read() {
                #expect(chunk.bytes == Array(rest.prefix(chunk.count)))
                rest = rest.dropFirst(chunk.count)
                reads.add(chunk.count)
            }
            try await connection.write("all")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(try await peer.receiveText(2) == "go")
            try await peer.send(bytes)
            #expect(try await peer.receiveText(3) == "all")
        }
        #expect(reads.all.count > 1_000_000 / 65_536)
    }

    @Test(
        "fault 36: more is ready at once than a batch holds",
        .bug(id: "more-ready-than-a-batch"),
        .onTestThread,
        arguments: EngineKind.allCases
    )
    func manyReady(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let running = start { try await server.run { connection, chunk in try connection.write(chunk) } }
        var peers: [Peer] = []
        // Both ends are in this process, and select knows 1,024 numbers.
        for _ in 0..<300 { peers.append(try await Peer.connect(to: server.address)) }
        for round in ["first", "again"] {
            // The loop has something else to do while all of them become ready.
            let isReady = Collected<Void>()
            Task(executorPreference: loop) { while isReady.all.isEmpty { usleep(100) } }
            do {
                defer { isReady.add(()) }
                for peer in peers { try await peer.send(round) }
            }
            for peer in peers { #expect(try await peer.receiveText(5) == round) }
        }
        server.shutDown(within: .zero)
        try await running.value
        await loop.shutDown()
    }

    @Test(
        "fault 35: a number too high for libevent's select is refused there alone",
        .bug(id: "descriptor-above-1023"),
        arguments: EngineKind.allCases
    )
    func highNumbers(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            try await CapacityFaultTests.serveHighNumbers(kind)
        }
    }

    private static func serveHighNumbers(_ kind: EngineKind) async throws {
        try #require(clinux_raise_descriptor_limit() > 1200)
        // The native one makes its bitmap as large as is needed.
        let isRefused = kind == .libeventSelect
        let reports = Collected<any Error>()
        var options = ServerOptions()
        options.onError = { reports.add($0) }
        try await withServer(kind, options: options, echo) { server in
            let early = try await Peer.connect(to: server.address)
            try await early.send("a")
            try #require(try await early.receiveText(1) == "a")
            var highest: CInt = 0
            while highest < 1100 {
                highest = dup(0)
                try #require(highest >= 0)
            }
            let late = try await Peer.connect(to: server.address)
            if isRefused {
                try #require(try await late.receiveUntilEnd().isEmpty)
                try await reports.wait()
                try #require((reports.all[0] as? IOError)?.code == .outOfRange)
            } else {
                try await late.send("b")
                try #require(try await late.receiveText(1) == "b")
            }
            try await early.send("c")
            try #require(try await early.receiveText(1) == "c")
        }
        try #require(reports.all.count == (isRefused ? 1 : 0))
    }
}
