import Testing

@Suite("demo idle", .serialized)
struct IdleDemoTests {
    private static let structures = ["list", "wheel", "heap"]

    /// Each structure, and each method.
    private static let crowds =
        structures.flatMap { structure in DemoVariant.engines.map { (structure, $0) } }
        + DemoVariant.all.filter { $0.method != "epoll" }.map { ("heap", $0) }

    private static func start(_ arguments: String..., on variant: DemoVariant) throws -> DemoServer {
        try DemoServer.start(["idle"] + arguments, on: variant)
    }

    @Test(
        "Whoever is silent is told and closed, not too early",
        .enabled(if: has("python3")),
        arguments: crowds
    )
    func silentCrowd(_ structure: String, _ variant: DemoVariant) throws {
        var server = try Self.start("--after", "0.1", "--with", structure, "--spread", on: variant)
        let end = try Program.run(["python3", client("idle_crowd"), server.port, "20", "0.1"])
        #expect(end.output == "all were told, none too early\n", "\(end.errors)")
        #expect(try server.stop().hasPrefix("connections: 20, idle: 20, refused: 0; \(structure): deadlines set: 20, "))
    }

    @Test("Whoever says something has all the time again", arguments: structures, DemoVariant.engines)
    func moving(_ structure: String, _ variant: DemoVariant) throws {
        // A busy machine may be too slow for a short time, but not for ever longer ones.
        let isMoved = try [1, 2, 4, 8, 16].contains { seconds in
            var server = try Self.start("--after", "\(seconds)", "--with", structure, on: variant)
            let isMoved = try isKept(server.connect(), while: server.connect())
            _ = try server.stop()
            return isMoved
        }
        #expect(isMoved)
    }

    /// Whether one who speaks outlives one who is silent.
    private func isKept(_ talker: consuming Client, while silent: consuming Client) throws -> Bool {
        var rounds = 0
        while try !silent.hasInput(within: .milliseconds(100)) {
            rounds += 1
            guard (try? talker.echoes("x")) == true else { break }
        }
        #expect(try silent.text() == "* you were idle for too long\n")
        return rounds > 1 && (try? talker.echoes("y")) == true
    }

    /// One that looks round at every ring of an alarm, three times in a connection's time, returns from four waits at least.
    @Test(
        "Nothing wakes up before the deadline of an idle connection",
        .enabled(if: has("strace")),
        arguments: structures,
        DemoVariant.engines
    )
    func quiet(_ structure: String, _ variant: DemoVariant) throws {
        let waits = "?epoll_wait,?epoll_pwait,?epoll_pwait2,?poll,ppoll,?select,pselect6"
        let trace = CallTrace("idle-\(structure)-\(variant.engine)", of: "\(waits),accept4,%desc,%network")
        defer { trace.remove() }
        var server = try DemoServer.start(["idle", "--after", "2", "--with", structure], on: variant, tracedBy: trace)
        #expect(try server.connect().text() == "* you were idle for too long\n")
        #expect(try server.stop().hasPrefix("connections: 1, idle: 1, "))
        let calls = try trace.calls
        let accepted = try #require(calls.firstIndex { $0.hasPrefix("accept4(") && !$0.contains("= -1") })
        let told = try #require(calls.firstIndex { $0.contains("you were idle") })
        let names = ["epoll_", "poll(", "ppoll(", "select(", "pselect6("]
        let woken = calls[accepted..<told].filter { call in
            !call.hasPrefix("epoll_ctl") && names.contains { call.hasPrefix($0) }
        }
        // One at the deadline, and a look at what has come together with it.
        #expect((1...3).contains(woken.count), "\(woken)")
    }

    @Test("Nobody is told long after the deadline", .enabled(if: has("python3")))
    func punctual() throws {
        // A busy machine may be late for a short time, of which a sixth is allowed; one that looks round by an alarm always is.
        let isPunctual = try [6, 12, 24, 48].contains { seconds in
            let servers = try Self.structures.flatMap { structure in
                try DemoVariant.engines.map { variant in
                    try StartedServer(Self.start("--after", "\(seconds)", "--with", structure, on: variant))
                }
            }
            let end = try Program.run(
                ["python3", client("idle_punctual"), "\(seconds)"] + servers.map { $0.server.port }
            )
            #expect(end.code == 0, "\(end.errors)")
            for started in servers { #expect(try started.server.stop().hasPrefix("connections: 4, idle: 4, ")) }
            return end.output == "nobody was told late\n"
        }
        #expect(isPunctual)
    }

    @Test("nc is told", .enabled(if: has("nc")), arguments: DemoVariant.all)
    func netcat(_ variant: DemoVariant) throws {
        var server = try Self.start("--after", "0.2", on: variant)
        let end = try Program.run(["nc", "-d", "127.0.0.1", server.port])
        #expect(end.output == "* you were idle for too long\n")
        _ = try server.stop()
    }

    @Test("Who never reads is closed too", arguments: DemoVariant.engines)
    func deaf(_ variant: DemoVariant) throws {
        var server = try Self.start("--after", "0.2", on: variant)
        let before = try server.descriptorCount
        let client = try server.connect()
        // More than the kernel holds, so that the server must wait for it; less where it is closed before.
        _ = try? client.sendWhatFits()
        #expect(try eventually { try server.descriptorCount <= before })
        #expect(try server.stop().hasPrefix("connections: 1, idle: 1, "))
    }
}

/// A server in an array.
private final class StartedServer {
    var server: DemoServer

    init(_ server: consuming DemoServer) {
        self.server = consume server
    }
}
