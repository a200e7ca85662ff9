import Glibc
import Sockets
import Testing

/// What the classic listing gets wrong: it asks for urgent bytes in line, so that they can never be received out of band,
/// and looks at the exceptional set only where there is nothing to read.
@Suite("demo oob", .serialized)
struct OutOfBandDemoTests {
    @Test("Normal and out-of-band data are told apart", .enabled(if: has("python3")))
    func toldApart() throws {
        var server = try DemoServer.start(["oob"])
        let end = try Program.run(["python3", client("urgent"), server.port, "hello", "!x", "more"])
        #expect(end.code == 0, "\(end.errors)")
        let output = try server.stop()
        #expect(output.contains("client 1, out of band: \"x\"\n"), "\(output)")
        #expect(output.hasSuffix("connections: 1, refused: 0, bytes: 9, out of band: 1\n"), "\(output)")
    }

    @Test("What is urgent is heard while there is normal data to read", .enabled(if: has("python3")))
    func notStarved() throws {
        var server = try DemoServer.start(["oob"])
        let id = server.program.id
        // All of it is there when the server looks: it must see both of select's sets.
        let steps = ["stop \(id)", "abc", "!x", "def", "go \(id)"]
        let end = try Program.run(["python3", client("urgent"), server.port] + steps)
        #expect(end.code == 0, "\(end.errors)")
        let lines = try server.stop().split(separator: "\n").dropFirst()
        #expect(lines.first == "client 1, out of band: \"x\"")
        #expect(lines.contains("client 1, 3 bytes: \"abc\""))
        #expect(lines.contains("client 1, 3 bytes: \"def\""))
    }

    @Test("Only the last of several urgent bytes is out of band", .enabled(if: has("python3")))
    func lastByte() throws {
        var server = try DemoServer.start(["oob"])
        let end = try Program.run(["python3", client("urgent"), server.port, "!abc"])
        #expect(end.code == 0, "\(end.errors)")
        let output = try server.stop()
        #expect(output.contains("client 1, out of band: \"c\"\n"), "\(output)")
        #expect(output.hasSuffix("bytes: 2, out of band: 1\n"), "\(output)")
    }

    @Test("Many clients, some of whom reset, and no descriptor stays", .enabled(if: has("python3")))
    func manyClients() throws {
        var server = try DemoServer.start(["oob"])
        let idle = try server.descriptorCount
        for index in 0..<40 {
            let peer = try server.connect()
            try peer.send("hello")
            if index % 2 == 0 { try peer.resetOnClose() }
        }
        #expect(try Program.run(["python3", client("urgent"), server.port, "!x"]).code == 0)
        // Until the last of them was let in there may be no more descriptors either.
        while try !server.program.line().hasPrefix("client 41 is here") {}
        #expect(try eventually { try server.descriptorCount == idle })
        let output = try server.stop()
        #expect(output.hasSuffix("out of band: 1\n"))
        #expect(output.contains("connections: 41, refused: 0"))
    }

    @Test(
        "nc and socat are served",
        .enabled(if: has("nc", "socat")),
        arguments: ["nc -N 127.0.0.1 $0", "socat - TCP:127.0.0.1:$0"]
    )
    func otherClients(_ command: String) throws {
        var server = try DemoServer.start(["oob"])
        #expect(try Program.run(["sh", "-c", "echo hello | " + command, server.port]).code == 0)
        #expect(try server.stop().contains("client 1, 6 bytes: \"hello\\n\"\n"))
    }

    @Test("It ends for those who stay, too, and at once at a second signal")
    func end() throws {
        var server = try DemoServer.start(["oob"])
        let peer = try server.connect()
        try peer.send("here")
        while try !server.program.line().contains("4 bytes") {}
        #expect(try server.stop().hasSuffix("bytes: 4, out of band: 0\n"))
        #expect(try peer.receive().isEmpty)
    }
}
