import CLinux
import Sockets
import SystemPackage
import Testing

/// The echo server with more clients than usual, and with more than it may have. One at a time: they are heavy.
@Suite(.serialized)
struct EchoCrowdTests {
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

    @Test(
        "fault 1: a full descriptor table costs no CPU, and heals",
        .bug(id: "full-descriptor-table"),
        arguments: EchoVariant.all
    )
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
}
