import Glibc
import Sockets
import SystemPackage
import Testing

/// What the classic listing gets wrong: threads get the address of what the loop changes meanwhile and are never joined,
/// and an error other than EAGAIN keeps one of them reading for ever.
@Suite("demo oneshot", .serialized)
struct OneShotDemoTests {
    private static let engines = ["native", "libevent"]

    private static func start(_ engine: String, _ arguments: String...) throws -> DemoServer {
        try DemoServer.start(["oneshot", "--engine", engine] + arguments)
    }

    /// Reads lines until one fits.
    private static func waitFor(_ server: inout DemoServer, _ words: String) throws -> [String] {
        var lines: [String] = []
        while lines.last?.contains(words) != true { lines.append(try server.program.line()) }
        return lines
    }

    @Test("Many clients that always send: nothing is lost, and none has two workers", arguments: engines)
    func onlyOneAtATime(_ engine: String) throws {
        var server = try Self.start(engine, "--workers", "8", "--work", "0.001")
        let address = try server.address()
        let peers = try (0..<20).map { _ in try Socket.connecting(to: address).intoSocket().release() }
        for _ in 0..<100 {
            for peer in peers { try peer.writeAll("0123456789".utf8) }
        }
        for peer in peers { try peer.close() }
        for _ in peers { _ = try Self.waitFor(&server, "has finished") }
        let totals = try server.stop()
        #expect(totals.hasPrefix("clients: 20, refused: 0, bytes: 20000, "), "\(totals)")
        #expect(totals.hasSuffix("handed to a second worker: 0\n"), "\(totals)")
    }

    @Test("With one-shot what arrives meanwhile waits; without it a second worker gets the client", arguments: engines)
    func race(_ engine: String) throws {
        for isOneShot in [true, false] {
            var server = try Self.start(engine, "--work", "3600", isOneShot ? "--oneshot" : "--no-oneshot")
            let first = try server.connect()
            let second = try server.connect()
            try first.send("a")
            _ = try Self.waitFor(&server, "client 1: \"a\"")
            // Its worker is busy from here on.
            try first.send("b")
            if isOneShot {
                // A worker that is free gets the other client; had it been told of the first, it would have said so.
                try second.send("c")
                #expect(try Self.waitFor(&server, "client 2: \"c\"").allSatisfy { !$0.contains("TWO") })
                #expect(try server.stop().hasSuffix("handed to a second worker: 0\n"))
            } else {
                _ = try Self.waitFor(&server, "got client 1, and so has another worker: TWO AT ONCE")
                #expect(try server.stop().hasSuffix("handed to a second worker: 1\n"))
            }
        }
    }

    @Test("A one-shot listener lets one client in")
    func listener() throws {
        var server = try Self.start("native", "--oneshot-listener", "--work", "0")
        let first = try server.connect()
        try first.send("a")
        _ = try Self.waitFor(&server, "client 1: \"a\"")
        let second = try server.connect()
        try second.send("b")
        let lines = try Self.waitFor(&server, "somebody waits outside")
        #expect(!lines.contains { $0.contains("client 2") })
        // Who is in is still served.
        try first.send("c")
        _ = try Self.waitFor(&server, "client 1: \"c\"")
        #expect(try server.stop().hasSuffix("second worker: 0, left outside: 1\n"))
        // A reset, or the end: never an answer.
        #expect((try? second.receive().isEmpty) != false)
    }

    @Test("Clients that reset leave no worker behind", arguments: engines)
    func reset(_ engine: String) throws {
        // The only worker.
        var server = try Self.start(engine, "--workers", "1", "--work", "0")
        for _ in 0..<20 {
            let peer = try server.connect()
            try peer.send("x")
            try peer.resetOnClose()
        }
        let last = try server.connect()
        try last.send("still there")
        _ = try Self.waitFor(&server, "still there")
        let isQuiet = server.isQuiet()
        #expect(isQuiet)
        _ = try server.stop()
    }

    @Test("There are as many threads after a hundred clients as before, and as many descriptors", arguments: engines)
    func threads(_ engine: String) throws {
        var server = try Self.start(engine, "--workers", "3", "--work", "0")
        let threads = try entries(of: "/proc/\(server.program.id)/task").count
        let descriptors = try server.descriptorCount
        for index in 0..<100 {
            let peer = try server.connect()
            try peer.send("\(index)")
            try peer.shutDownWriting()
            #expect(try peer.receive().isEmpty)
        }
        #expect(try eventually { try server.descriptorCount == descriptors })
        #expect(try entries(of: "/proc/\(server.program.id)/task").count == threads)
        #expect(try server.stop().contains("clients: 100, refused: 0, bytes: 190, "))
    }

    @Test("nc and socat are served", .enabled(if: has("nc", "socat")), arguments: engines)
    func otherClients(_ engine: String) throws {
        var server = try Self.start(engine, "--work", "0")
        for command in ["nc -N 127.0.0.1 $0", "socat - TCP:127.0.0.1:$0"] {
            #expect(try Program.run(["sh", "-c", "seq 1000 | " + command, server.port]).code == 0)
        }
        #expect(try server.stop().contains("clients: 2, refused: 0, bytes: 7786, "))
    }

    @Test("A signal ends it though workers are at work, and a second one at once", arguments: engines)
    func end(_ engine: String) throws {
        var server = try Self.start(engine, "--work", "3600")
        let peer = try server.connect()
        try peer.send("x")
        _ = try Self.waitFor(&server, "client 1: \"x\"")
        server.program.send(SIGINT)
        #expect(try server.stop().hasPrefix("clients: 1, "))
        #expect(try peer.receive().isEmpty)
    }
}
