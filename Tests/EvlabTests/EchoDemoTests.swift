import Glibc
import Sockets
import Testing

/// The echo server on every interface and method, with clients that nobody here wrote. One at a time: they are heavy.
/// Crowds of clients are in `EchoCrowdTests`, so that the two need not wait for each other.
@Suite(.serialized)
struct EchoDemoTests {
    private static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    @Test(
        "It says where it listens, echoes, and ends on a signal with one line of totals",
        arguments: EchoVariant.all
    )
    func contract(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        do {
            let client = try Client(server.address)
            #expect(try client.echoes("hello"))
        }
        let totals = try server.stop()
        #expect(totals == "connections: 1, refused: 0, bytes sent back: 5\n")
    }

    @Test("From the announcement on it heeds signals", arguments: EchoVariant.interfaces)
    func promptSignal(_ variant: EchoVariant) throws {
        for _ in 0..<20 {
            var server = try Server.start(variant)
            #expect(try server.stop() == "connections: 0, refused: 0, bytes sent back: 0\n")
        }
    }

    @Test("A client that shuts its writing half gets all of it back", arguments: EchoVariant.all)
    func halfClose(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        let sent = Self.pattern(200_000)
        let client = try Client(server.address)
        // Less than what the kernel's buffers hold, so that all of it is sent before anything is read.
        try client.send(sent)
        try client.shutDownWriting()
        #expect(try client.receive() == sent)
        _ = try server.stop()
    }

    @Test("nc gets its bytes back", .enabled(if: has("nc")), arguments: EchoVariant.all)
    func netcat(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        let pipeline = "head -c 1000000 /dev/zero | tr '\\0' x | nc -N 127.0.0.1 \(server.port) | cksum"
        let expected = try Program.run(["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x | cksum"])
        let end = try Program.run(["sh", "-c", pipeline])
        #expect(end.output == expected.output)
        _ = try server.stop()
    }

    @Test("socat gets its bytes back", .enabled(if: has("socat")), arguments: EchoVariant.all)
    func socat(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        let pipeline = "seq 100000 | socat -t 60 - TCP:127.0.0.1:\(server.port) | cksum"
        let expected = try Program.run(["sh", "-c", "seq 100000 | cksum"])
        let end = try Program.run(["sh", "-c", pipeline])
        #expect(end.output == expected.output)
        _ = try server.stop()
    }

    @Test("After a signal it serves who is there, and nobody new", arguments: EchoVariant.interfaces)
    func drain(_ variant: EchoVariant) throws {
        var server = try Server.start(variant, "--grace", "3600")
        do {
            let client = try Client(server.address)
            #expect(try client.echoes("before"))
            server.program.send(SIGINT)
            let address = server.address
            #expect(eventually { (try? Client(address)) == nil })
            #expect(try client.echoes("after"))
        }
        let end = try server.program.end()
        #expect(end.code == 0)
        // A try to connect may have come in just before the signal.
        #expect(end.output.hasSuffix(", refused: 0, bytes sent back: 11\n"))
    }

    @Test("It does not wait for ever for those who stay", arguments: EchoVariant.interfaces)
    func drainEnds(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        let client = try Client(server.address)
        #expect(try client.echoes("and stay"))
        #expect(try server.stop() == "connections: 1, refused: 0, bytes sent back: 8\n")
        #expect(try client.receive().isEmpty)
    }

    @Test("A second signal ends it at once", arguments: EchoVariant.interfaces)
    func secondSignal(_ variant: EchoVariant) throws {
        // Longer than anybody here waits for an end.
        var server = try Server.start(variant, "--grace", "3600")
        let client = try Client(server.address)
        #expect(try client.echoes("and stay"))
        server.program.send(SIGINT)
        // Once it does not accept any more, the first signal has been taken.
        let address = server.address
        #expect(eventually { (try? Client(address)) == nil })
        server.program.send(SIGINT)
        #expect(try server.program.end().code == 0)
    }
}
