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
        // A busy machine may be too slow once, but not time after time.
        let isMoved = try (0..<5).contains { _ in
            var server = try Self.start("--after", "1", "--with", structure, on: variant)
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

    @Test("Nobody is looked at while nothing happens", arguments: structures, DemoVariant.engines)
    func quiet(_ structure: String, _ variant: DemoVariant) throws {
        var server = try Self.start("--after", "86400", "--with", structure, on: variant)
        do {
            let clients = try (0..<3).map { _ in try Guest(server.connect()) }
            for client in clients { #expect(try client.connection.echoes("hello")) }
            let sleeps = try (0..<5).contains { _ in
                // It may still be on its way to sleep.
                let before = try switches(of: server.program.id)
                let isQuiet = server.isQuiet()
                return try isQuiet && switches(of: server.program.id) == before
            }
            // A classic one wakes up at every round of its alarm.
            #expect(sleeps)
        }
        #expect(try server.stop().hasPrefix("connections: 3, idle: 0, "))
    }

    /// How often it has waited.
    private func switches(of process: Int32) throws -> String {
        try Program.run(["grep", "^voluntary_ctxt", "/proc/\(process)/status"]).output
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
        // More than the kernel holds, so that the server must wait for it.
        try client.sendWhatFits()
        #expect(try eventually { try server.descriptorCount <= before })
        #expect(try server.stop().hasPrefix("connections: 1, idle: 1, "))
    }
}
