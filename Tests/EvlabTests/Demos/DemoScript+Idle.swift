extension DemoScript {
    static let idle = DemoScript(
        description: "idle",
        arguments: ["idle", "--with", "wheel"],
        tries: [["--after", "2"], ["--after", "8"], ["--after", "32"]],
        places: [""],
        transcript: """
            ada < hello
            bob <
            ada < * you were idle for too long
            ada <
            connections: 2, idle: 1, refused: 0; wheel: deadlines set: 3, of these moved: 1

            """
    ) { server in
        var transcript = ""
        do {
            let ada = try server.connect()
            try ada.send("hello\n")
            transcript += try "ada < \(ada.line())\n"
            do {
                // Who leaves is not told.
                let bob = try server.connect()
                try bob.shutDownWriting()
                transcript += try "bob <\(bob.text())\n"
            }
            transcript += try "ada < \(ada.line())\n"
            transcript += try "ada <\(ada.text())\n"
        }
        // How many slots were looked at depends on the time.
        let totals = try server.stop()
        return transcript + totals.prefix { $0 != "\n" }.split(separator: ", steps: ")[0] + "\n"
    }
}
