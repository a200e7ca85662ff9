import Sockets
import Testing

@Suite("The command lines of the demonstrations that run on either engine")
struct ServingDemoUsageTests {
    private static let misuses: [([String], [String])] = [
        (["demo", "signals", "--by", "mail"], ["mail", "signalfd"]),
        (["demo", "idle", "--with", "tree"], ["tree", "heap"]),
        (["demo", "idle", "--after", "0"], ["--after", "0.01"]),
        (["demo", "idle", "--after", "nan"], ["nan", "86400"]),
        (["demo", "accept-balance", "--threads", "0"], ["--threads", "64"]),
        (["demo", "accept-balance", "--connections", "0"], ["--connections", "10000000"]),
        (["demo", "accept-balance", "--at-once", "1001"], ["1001", "1000"]),
        (["demo", "accept-balance", "--way", "fair"], ["fair", "reuse-port"]),
        (["demo", "accept-balance", "--way", "exclusive", "--method", "poll"], ["exclusive", "epoll", "shared"]),
        (["demo", "accept-balance", "--way", "exclusive", "--engine", "libevent"], ["exclusive", "native"]),
        (["demo", "echo", "--udp", "--api", "chunks"], ["--udp", "chunks", "reactor"]),
        (["demo", "connect", "nowhere"], ["nowhere"]),
        (["demo", "connect", "127.0.0.1:1", "--times", "0"], ["--times", "4000"]),
        (["demo", "connect", "--within", "nan"], ["nan", "600"]),
        (["demo", "chat", "--join", "127.0.0.1"], ["--join", "127.0.0.1"]),
        (["demo", "chat", "--join", "127.0.0.1:1", "--api", "async"], ["--join", "--api async", "leave"]),
        (["demo", "chat", "--join", "localhost:x"], ["localhost:x", "65535"]),
        (["demo", "chat", "--join", "127.0.0.1:1", "--port", "7"], ["--port 7", "--join", "leave"]),
        (["demo", "chat", "--join", "127.0.0.1:1", "--grace", "7"], ["--grace 7", "--join", "leave"]),
        (["demo", "echo", "--grace", "-1"], ["-1", "--grace", "0 to 86400"]),
        (["demo", "lt-et", "--grace", "nan"], ["nan", "--grace", "86400"]),
        (["demo", "resp", "--grace", "soon"], ["soon", "--grace", "seconds"]),
        (["demo", "inetd", "--config", "/dev/null", "--port", "7"], ["--port 7", "in the file", "leave"]),
        (["demo", "accept-balance", "--threads", "x"], ["'x'", "--threads", "1 to 64"]),
        (["demo", "resp", "--loops", "-1"], ["'-1'", "--loops", "1 to 64"]),
        (["demo", "chat", "--api", "threads"], ["threads", "callbacks"]),
        (["demo", "chat", "--method", "epoll-changelist"], ["epoll-changelist", "libevent"]),
        (["demo", "inetd", "--port", "65500"], ["65500", "65498"]),
    ]

    @Test("A usage error is one line that names the value and the remedy, and code 64", arguments: misuses)
    func misuse(_ arguments: [String], _ expected: [String]) throws {
        let end = try Program.runEvlab(arguments)
        #expect(end.code == 64)
        #expect(end.output.isEmpty)
        #expect(end.errors.split(separator: "\n").count == 1, "\(end.errors)")
        for word in expected { #expect(end.errors.contains(word), "\(end.errors)") }
    }

    @Test(
        "The help says what to type and what to watch",
        arguments: [
            ("chat", ["nc 127.0.0.1 9000", "--join 127.0.0.1:9000", "Watch", "Ctrl-Z", "Ctrl-C"]),
            ("connect", ["evlab demo connect 127.0.0.1:22", "Watch", "strace"]),
            ("echo", ["nc -N 127.0.0.1 9000", "nc -u 127.0.0.1 9000", "strace", "Ctrl-C", "--grace"]),
            ("inetd", ["nc 127.0.0.1 9013", "nc -u 127.0.0.1 9007", "Watch", "--config"]),
            ("signals", ["kill -USR1 PID", "--by signalfd", "Watch", "Ctrl-C"]),
            ("idle", ["nc 127.0.0.1 9000", "--with heap", "Watch", "Ctrl-C"]),
            ("accept-balance", ["Watch", "in vain", "--engine libevent"]),
        ]
    )
    func help(_ demo: String, _ words: [String]) throws {
        let end = try Program.runEvlab(["demo", demo, "--help"])
        #expect(end.code == 0)
        // The words may stand on two lines.
        let text = end.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for word in words { #expect(text.contains(word), "\(demo): \(word)") }
        #expect(try Program.runEvlab(["demo", "list"]).output.contains("\(demo): "))
    }

    @Test("What cannot be served is one line, and code 1")
    func failures() throws {
        let missing = try Program.runEvlab(["demo", "inetd", "--config", "/does-not-exist"])
        #expect(missing.code == 1)
        #expect(missing.errors.contains("/does-not-exist cannot be read"))
        let wrong = try Program.run(["sh", "-c", "echo x | \"$0\" demo inetd --config /dev/stdin", Program.evlabPath])
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("/dev/stdin, line 1: 'x' is not complete"))
        var server = try DemoServer.start(["idle"])
        let config = "echo 'echo \(server.port)/tcp internal' | \"$0\" demo inetd --config /dev/stdin"
        let ends =
            try ["idle", "chat", "resp"].map { try Program.runEvlab(["demo", $0, "--port", server.port]) }
            + [try Program.run(["sh", "-c", config, Program.evlabPath])]
        for end in ends {
            #expect(end.code == 1)
            #expect(end.errors.contains("cannot listen on 127.0.0.1:\(server.port)"), "\(end.errors)")
            #expect(end.errors.contains("or 0 for a free one"))
            #expect(end.errors.split(separator: "\n").count == 1)
        }
        _ = try server.stop()
        // A port that is taken, where nobody listens.
        let closed = try Socket.bound(to: .loopback(port: 0), .stream)
        let port = try #require(try closed.localAddress().port)
        let nobody = try Program.runEvlab(["demo", "chat", "--join", "localhost:\(port)"])
        #expect(nobody.code == 1)
        let place = "127.0.0.1:\(port)"
        #expect(nobody.errors == "evlab: connection refused by \(place): start evlab demo chat there first\n")
    }
}
