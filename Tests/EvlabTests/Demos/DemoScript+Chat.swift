import Glibc

extension DemoScript {
    static let chat = chat("chat", ["chat", "--grace", "3600"])
    static let chatOnTasks = chat("chat with tasks", ["chat", "--api", "async", "--grace", "3600"])

    private static func chat(_ description: String, _ arguments: [String]) -> DemoScript {
        DemoScript(
            description: description,
            arguments: arguments,
            places: [""],
            transcript: conversation,
            run: converse
        )
    }

    private static let conversation = """
        ada < * welcome; what is your name?
        ada < * hello ada; here is nobody else
        bob < * welcome; what is your name?
        bob < * a name has 1 to 20 letters, digits, - or _; try another
        bob < * ada is here already; try another
        bob < * hello bob; here are: ada
        ada < * bob joins
        cleo < * welcome; what is your name?
        cleo < * hello cleo; here are: ada, bob
        ada < * cleo joins
        bob < * cleo joins
        bob < ada: hello
        cleo < ada: hello
        bob < * that was longer than 1000 bytes and was not passed on
        bob < ada: a line with no end
        cleo < ada: a line with no end
        bob < * ada leaves
        cleo < * ada leaves
        cleo < bob: \u{e9} [31m and a tab
        bob < cleo: still here
        bob < * the room closes
        cleo < * the room closes
        members: 3, lines: 4, dropped: 0, refused: 0

        """

    private static func converse(with server: inout DemoServer) throws -> String {
        var transcript = ""
        func hear(_ name: String, _ client: borrowing Client, _ count: Int = 1) throws {
            for _ in 0..<count { transcript += try "\(name) < \(client.line())\n" }
        }
        do {
            let bob: Client
            do {
                let ada = try server.connect()
                try hear("ada", ada)
                try ada.send("ada\n")
                try hear("ada", ada)
                bob = try server.connect()
                try hear("bob", bob)
                try bob.send("not a name\nada\nbob\n")
                try hear("bob", bob, 3)
                try hear("ada", ada)
                let cleo = try server.connect()
                try hear("cleo", cleo)
                // As telnet sends it.
                try cleo.send("cleo\r\n")
                try hear("cleo", cleo)
                try hear("ada", ada)
                try hear("bob", bob)
                try ada.send("hello\n")
                try hear("bob", bob)
                try hear("cleo", cleo)
                try bob.send(String(repeating: "x", count: 1001) + "\n")
                try hear("bob", bob)
                // The last bytes and the end come together.
                try ada.send("a line with no end")
                try ada.shutDownWriting()
                try hear("bob", bob)
                try hear("cleo", cleo)
                try hear("bob", bob)
                try hear("cleo", cleo)
                transcript += try ada.text()
                try bob.send("\u{e9} \u{1b}[31m\tand a tab\u{9b}\n")
                try hear("cleo", cleo)
                try cleo.send("still here\n")
                try hear("bob", bob)
                server.program.send(SIGTERM)
                try hear("bob", bob)
                try hear("cleo", cleo)
            }
            transcript += try bob.text()
        }
        let end = try server.program.end()
        guard end.code == 0, end.errors.isEmpty else { throw Program.Failure(description: end.errors) }
        return transcript + end.output
    }
}
