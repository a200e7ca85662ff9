import Glibc
import Sockets
import SystemPackage
import Testing

/// What the classic listing gets wrong: its listener is edge-triggered and takes one connection an event, so that a burst
/// is lost; and it goes on reading from what it has closed.
@Suite("demo lt-et", .serialized)
struct LevelAndEdgeDemoTests {
    private static func start(_ arguments: [String] = []) throws -> DemoServer {
        try DemoServer.start(["lt-et"] + arguments, places: 2)
    }

    /// The counts of a service, from the line of totals.
    private static func counts(_ service: String, _ output: String) throws -> [Int] {
        let totals = try #require(output.split(separator: "\n").last)
        let part = try #require(totals.split(separator: ";").first { $0.contains("\(service): ") })
        return part.split(separator: " ").compactMap { Int($0) }
    }

    @Test("The same input: a wake-up for each 10 bytes under level, one for all under edge")
    func sameInput() throws {
        var server = try Self.start()
        for service in ["level", "edge"] {
            let peer = try server.connect(service)
            try peer.send("more than ten bytes at once")
            try peer.shutDownWriting()
            #expect(try peer.receive().isEmpty)
        }
        let output = try server.stop()
        // The bytes, the wake-ups and the reads; the end of the stream is read, too.
        #expect(try Self.counts("level", output) == [27, 4, 4])
        let edge = try Self.counts("edge", output)
        // The end may come together with the bytes, or by itself.
        #expect(edge == [27, 1, 4] || edge == [27, 2, 5], "\(output)")
    }

    @Test("Under level there is a wait before each read, under edge one before all of them")
    func waitsAndReads() throws {
        var server = try Self.start()
        for service in ["level", "edge"] {
            let peer = try server.connect(service)
            try peer.send("0123456789abcdefghij")
            try peer.shutDownWriting()
            #expect(try peer.receive().isEmpty)
        }
        let output = try server.stop()
        let level = """
            wait returned level 1: [readable]
              level 1 read 10 bytes: "0123456789"
            wait returned level 1: [readable]
              level 1 read 10 bytes: "abcdefghij"

            """
        let edge = """
            wait returned edge 1: [readable]
              edge 1 read 10 bytes: "0123456789"
              edge 1 read 10 bytes: "abcdefghij"

            """
        #expect(output.contains(level), "\(output)")
        #expect(output.contains(edge), "\(output)")
    }

    /// More than a turn of accepting takes, all before the server looks: one edge.
    @Test("A burst of connects loses none", arguments: ["level", "edge"])
    func burst(_ service: String) throws {
        var server = try Self.start()
        server.program.send(SIGSTOP)
        do {
            let address = try server.address(service)
            let peers = try (0..<100).map { _ in try Socket.connecting(to: address).intoSocket().release() }
            server.program.send(SIGCONT)
            // All of them are let in without another one coming.
            for _ in 0..<100 { #expect(try server.program.line().hasSuffix(" is here")) }
            for peer in peers { try peer.close() }
        }
        let output = try server.stop()
        #expect(output.contains(" 100 has finished") || output.contains(" 100 is lost"), "\(output)")
    }

    @Test("Nothing is read or closed after the end of a connection", .enabled(if: has("strace")))
    func noneAfterTheEnd() throws {
        let trace = CallTrace("lt-et", of: "%desc,%network")
        defer { trace.remove() }
        var server = try DemoServer.start(["lt-et"], places: 2, tracedBy: trace)
        for service in ["level", "edge"] {
            for length in [0, 5, 25] {
                let peer = try server.connect(service)
                try peer.send(String(repeating: "x", count: length))
                try peer.shutDownWriting()
                #expect(try peer.receive().isEmpty)
            }
        }
        _ = try server.stop()
        let calls = try trace.calls
        #expect(calls.contains { $0.contains("\"xxxxx\"") })
        #expect(!calls.contains { $0.contains("EBADF") })
    }

    /// Each read is told in a line, and the server waits until the lines are read: so there is always something left to read.
    @Test(
        "One who never stops sending does not keep the others waiting",
        .enabled(if: has("socat")),
        arguments: ["level", "edge"]
    )
    func flood(_ service: String) throws {
        var server = try Self.start()
        let place = try server.address(service)
        let flooder = try Program.start(["socat", "-u", "OPEN:/dev/zero", "TCP:\(place)"])
        while try !server.program.line().contains("\(service) 1 read 10 bytes") {}
        let other = try server.connect(service)
        try other.send("hello")
        // One turn has 1,000 reads; one may be under way, and one goes before the other connection is let in.
        let lines = try (0..<5000).map { _ in try server.program.line() }
        #expect(lines.contains("  \(service) 2 read 5 bytes: \"hello\""))
        server.program.send(SIGKILL)
        flooder.send(SIGKILL)
    }

    @Test("Blocking and edge-triggered: the server starves until the deadline of the read")
    func blocking() throws {
        var server = try Self.start(["--blocking", "--limit", "2"])
        let starved = try server.connect("level")
        #expect(try server.program.line() == "level 1 is here")
        let peer = try server.connect("edge")
        try peer.send("hello")
        var lines = [try server.program.line()]
        while !lines.contains("  edge 1 read 5 bytes: \"hello\"") { lines.append(try server.program.line()) }
        // The server is in the read that finds nothing: it cannot hear anybody now.
        try starved.send("anybody?")
        let blocked = try server.program.line()
        let limit = "  edge 1 read nothing and BLOCKED for "
        #expect(blocked.hasPrefix(limit))
        let seconds = try #require(Double(blocked.dropFirst(limit.count).prefix { $0 != " " }), "\(blocked)")
        #expect(seconds >= 2)
        #expect(try server.program.line() == "wait returned level 1: [readable]")
        #expect(try server.program.line() == "  level 1 read 8 bytes: \"anybody?\"")
        _ = try server.stop()
    }

    @Test("Without --blocking nothing blocks, and level-triggered reads never do", arguments: [[], ["--blocking"]])
    func notBlocking(_ arguments: [String]) throws {
        var server = try Self.start(arguments)
        let service = arguments.isEmpty ? "edge" : "level"
        let peer = try server.connect(service)
        try peer.send("hello")
        try peer.shutDownWriting()
        #expect(try peer.receive().isEmpty)
        #expect(try !server.stop().contains("BLOCKED"))
    }

    @Test("nc and socat are served", .enabled(if: has("nc", "socat")), arguments: ["level", "edge"])
    func otherClients(_ service: String) throws {
        var server = try Self.start()
        let port = try #require(try server.address(service).port)
        for command in ["nc -N 127.0.0.1 $0", "socat - TCP:127.0.0.1:$0"] {
            #expect(try Program.run(["sh", "-c", "seq 1000 | " + command, String(port)]).code == 0)
        }
        let output = try server.stop()
        #expect(try Self.counts(service, output).first == 2 * 3893)
    }

    @Test("Clients who reset or stay do no harm, and no descriptor stays")
    func awkwardClients() throws {
        var server = try Self.start()
        let idle = try server.descriptorCount
        for service in ["level", "edge"] {
            for _ in 0..<20 {
                let peer = try server.connect(service)
                try peer.send("hello")
                try peer.resetOnClose()
            }
        }
        // Until the last of them was let in there may be no more descriptors either.
        for _ in 0..<40 { while try !server.program.line().hasSuffix(" is here") {} }
        #expect(try eventually { try server.descriptorCount == idle })
        let stays = try server.connect("edge")
        try stays.send("and stay")
        while try !server.program.line().contains("8 bytes") {}
        #expect(try server.stop().contains("refused: 0"))
        #expect(try stays.receive().isEmpty)
    }
}
