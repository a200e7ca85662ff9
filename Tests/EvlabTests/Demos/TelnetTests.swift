import Testing

/// The program with which most of these services were tried when they were new, on a terminal of its own.
@Suite("telnet", .enabled(if: has("telnet", "python3")))
struct TelnetTests {
    private static func visit(_ server: borrowing DemoServer, _ steps: [String]) throws {
        let end = try Program.run(["python3", client("telnet_visit"), server.port] + steps)
        #expect(end.output == "over\n", "\(end.errors)")
    }

    @Test(arguments: DemoVariant.all)
    func `It talks in the chat`(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let name = ["<your name?\n", ">not a name", "<try another\n", ">tel", "<* hello tel; here is nobody else\n"]
        try Self.visit(server, name + [">hello, all"])
        #expect(try server.stop() == "members: 1, lines: 1, dropped: 0, refused: 0\n")
    }

    @Test(arguments: DemoVariant.all)
    func `It is echoed, after what the terminal shows by itself`(_ variant: DemoVariant) throws {
        let api = variant.engine == "native" ? "reactor" : "event"
        var server = try DemoServer.start(["echo", "--api", api], on: variant)
        try Self.visit(server, [">hello", "<hello\nhello\n", ">again", "<again\nagain\n"])
        // Telnet ends a line by CR LF.
        #expect(try server.stop() == "connections: 1, refused: 0, bytes sent back: 14\n")
    }

    @Test(arguments: DemoVariant.all)
    func `It shows what a program of inetd says, and that it has ended`(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(services: "hello 0/tcp /bin/echo hello, world", on: variant)
        try Self.visit(server, ["<hello, world\nConnection closed by foreign host"])
        #expect(try server.stop() == "connections: 1, datagrams: 0, programs: 1, refused: 0, failed: 0\n")
    }
}
