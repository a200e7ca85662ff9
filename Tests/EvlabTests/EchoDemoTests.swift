import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

/// The echo server on every interface and method, with clients that nobody here wrote. One at a time: they are heavy.
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

    @Test("100 MB come back through 200 connections", .enabled(if: has("python3")), arguments: EchoVariant.all)
    func manyConnections(_ variant: EchoVariant) throws {
        var server = try Server.start(variant)
        let end = try Program.run(["python3", client("many_connections"), server.port, "200", "100000000", "7"])
        #expect(end.output == "all came back\n", "\(end.errors)")
        let totals = try server.stop()
        #expect(totals == "connections: 200, refused: 0, bytes sent back: 100000000\n")
    }

    @Test(
        "9,000 connections come and go, and no descriptor stays",
        .enabled(if: has("python3")),
        arguments: EchoVariant.unlimited
    )
    func crowd(_ variant: EchoVariant) throws {
        // Fewer where the machine does not allow so many descriptors.
        let count = min(9000, Int(clinux_raise_descriptor_limit()) - 200)
        var server = try Server.start(variant)
        let idle: Int
        do {
            // One that was served shows that the server has all it needs; its own descriptor is not counted.
            let first = try Client(server.address)
            #expect(try first.echoes("first"))
            idle = try server.descriptorCount - 1
        }
        do {
            var crowd = try Program.start(["python3", client("hold_connections"), server.port, String(count)])
            #expect(try crowd.line() == "held")
            #expect(try crowd.end().code == 0)
        }
        #expect(try eventually { try server.descriptorCount == idle })
        #expect(try Client(server.address).echoes("still here"))
        #expect(try server.stop().hasPrefix("connections: \(count + 2), refused: 0, "))
    }

    @Test("fault 1: a full descriptor table costs no CPU, and heals", arguments: EchoVariant.all)
    func fullTable(_ variant: EchoVariant) throws {
        var server = try Server.start(variant, after: "ulimit -n 64")
        try crowdOut(server)
        // Shed clients were closed at once, the others have left: whoever comes next is served.
        let address = server.address
        #expect(eventually { (try? Client(address).echoes("again")) == true })
        #expect(try server.stop().hasPrefix("connections: "))
    }

    private func crowdOut(_ server: borrowing Server) throws {
        let address = server.address
        let descriptors = try (0..<200).map { _ in try Socket.connecting(to: address).intoSocket().release() }
        defer { for descriptor in descriptors { try? descriptor.close() } }
        #expect(try eventually { try server.descriptorCount >= 60 })
        let isQuiet = server.program.isQuiet()
        #expect(isQuiet)
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
