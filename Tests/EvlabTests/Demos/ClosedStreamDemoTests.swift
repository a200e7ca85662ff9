import Glibc
import Sockets
import SystemPackage
import Testing

/// Demonstrations that are started with standard input, output or error closed.
@Suite("Demonstrations without standard streams", .serialized)
struct ClosedStreamDemoTests {
    private static let combinations = (1...7).map { bits in [0, 1, 2].filter { bits >> $0 & 1 == 1 } }

    @Test(
        "A client of the echo server gets its own bytes and no others, and one that resets does no harm",
        .bug(id: "closed-standard-streams"),
        arguments: Self.combinations,
        DemoVariant.engines
    )
    func echo(_ closed: [Int], _ variant: DemoVariant) throws {
        let api = variant.engine == "native" ? "reactor" : "bufferevent"
        let program = try Self.start(["echo", "--port", "0", "--api", api], without: closed)
        let address = try Self.address(of: program)
        do {
            let client = try Client(address)
            try client.send("not read")
            // Closed with unread input, which makes the kernel reset the connection.
            #expect(eventually { (try? client.hasInput(within: .seconds(1))) == true })
        }
        let client = try Client(address)
        try client.send("hello")
        try client.shutDownWriting()
        #expect(try client.text() == "hello")
        try Self.stop(program)
    }

    @Test(
        "A client of inetd gets no message of inetd's",
        .bug(id: "closed-standard-streams"),
        arguments: Self.combinations,
        DemoVariant.engines
    )
    func inetd(_ closed: [Int], _ variant: DemoVariant) throws {
        let script = "cd $(mktemp -d) && echo \"$0\" > services && pwd"
        for (service, expected) in [("a 0/tcp /does-not-exist", ""), ("a 0/tcp /bin/echo hello", "hello\n")] {
            let folder = try String(Program.run(["sh", "-c", script, service]).output.dropLast())
            defer { _ = try? Program.run(["rm", "-r", folder]) }
            let command = ["inetd", "--config", folder + "/services"] + variant.arguments
            let program = try Self.start(command, without: closed)
            let address = try Self.address(of: program)
            for _ in 0..<3 { #expect(try Client(address).text() == expected) }
            try Self.stop(program)
        }
    }

    @Test(
        "The client of the chat neither reads from nor writes to its own connection in their place",
        .bug(id: "closed-standard-streams"),
        arguments: Self.combinations,
        DemoVariant.engines
    )
    func chat(_ closed: [Int], _ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        do {
            let ada = try server.connect()
            try ada.send("ada\n")
            _ = try (ada.line(), ada.line())
            let join = ["chat", "--join", "127.0.0.1:\(server.port)"] + variant.arguments
            var client = try Self.start(join, without: closed, before: "printf 'bob\\nhello\\n' |")
            let end = try client.end()
            #expect(end.code == 0, "\(end)")
            if !closed.contains(0) {
                #expect(try [ada.line(), ada.line(), ada.line()] == ["* bob joins", "bob: hello", "* bob leaves"])
            }
            try ada.shutDownWriting()
            #expect(try ada.text().isEmpty)
        }
        let counts = closed.contains(0) ? "members: 1, lines: 0" : "members: 2, lines: 1"
        #expect(try server.stop() == "\(counts), dropped: 0, refused: 0\n")
    }

    private static func start(_ arguments: [String], without closed: [Int], before: String = "exec") throws -> Program {
        let closing = closed.map { $0 == 0 ? "<&-" : "\($0)>&-" }.joined(separator: " ")
        return try Program.start(
            ["sh", "-c", "\(before) \"$0\" demo \"$@\" \(closing)", Program.evlabPath] + arguments
        )
    }

    /// Where it listens: it may be unable to say it.
    private static func address(of program: borrowing Program) throws -> SocketAddress {
        let id = program.id
        var port: UInt16?
        _ = try eventually {
            port = try listeningPort(of: id)
            return port != nil
        }
        return .loopback(port: try #require(port))
    }

    private static func listeningPort(of process: pid_t) throws -> UInt16? {
        let script = """
            for inode in $(ls -l /proc/$0/fd | sed -n 's/.*socket:.\\([0-9]*\\).*/\\1/p'); do
                awk -v inode=$inode '$4 == "0A" && $10 == inode { print substr($2, 10) }' /proc/$0/net/tcp
            done
            """
        let ports = try Program.run(["sh", "-c", script, "\(process)"]).output.split(separator: "\n")
        return ports.first.flatMap { UInt16($0, radix: 16) }
    }

    private static func stop(_ program: consuming Program) throws {
        var program = program
        program.send(SIGTERM)
        #expect(try program.end().code == 0)
    }
}
