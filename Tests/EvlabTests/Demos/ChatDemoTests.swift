import CLinux
import Glibc
import Sockets
import Testing

/// The chat room and its client. What a simple conversation looks like is in the transcripts.
@Suite(.serialized)
struct ChatDemoTests {
    @Test(
        "Who never reads is dropped; nobody else loses a line",
        .enabled(if: has("python3")),
        arguments: DemoVariant.all
    )
    func deafMember(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat", "--grace", "3600"], on: variant)
        let end = try Program.run(["python3", client("chat_crowd"), server.port, "20", "50"])
        #expect(end.output == "nobody lost a line\nthe one was dropped\n", "\(end.errors)")
        #expect(try server.stop().contains("members: 21, "))
    }

    @Test(
        "What is queued for somebody who does not read is bounded",
        .enabled(if: has("python3")),
        arguments: DemoVariant.engines
    )
    func boundedMemory(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat", "--grace", "3600"], on: variant)
        let before = try residentKilobytes(server.program.id)
        let script = "python3 \(client("chat_window")) \(server.port) 20 < /dev/null"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.output == "* you were dropped: you read too slowly\n", "\(end.errors)")
        // Of the 20 MB that were said.
        #expect(try residentKilobytes(server.program.id) - before < 8000)
        #expect(try server.stop() == "members: 3, lines: 20000, dropped: 1, refused: 0\n")
    }

    /// Of its own memory: what it maps of files comes and goes as the kernel likes.
    private func residentKilobytes(_ process: pid_t) throws -> Int {
        let status = try Program.run(["sed", "-n", "s/^RssAnon:[^0-9]*\\([0-9]*\\).*/\\1/p", "/proc/\(process)/status"])
        return try #require(Int(status.output.dropLast()))
    }

    @Test("Who resets the connection has left, and costs nothing any more", arguments: DemoVariant.all)
    func reset(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        do {
            let ada = try server.connect()
            try ada.send("ada\n")
            #expect(try ada.line() == "* welcome; what is your name?")
            #expect(try ada.line() == "* hello ada; here is nobody else")
            do {
                let bob = try server.connect()
                try bob.send("bob\n")
                #expect(try ada.line() == "* bob joins")
                // Closed with unread input, which makes the kernel reset the connection.
                _ = consume bob
            }
            #expect(try ada.line() == "* bob leaves")
            let isQuiet = server.isQuiet()
            #expect(isQuiet)
        }
        #expect(try server.stop() == "members: 2, lines: 0, dropped: 0, refused: 0\n")
    }

    @Test(
        "Who never gives a name is bounded too",
        .enabled(if: has("python3")),
        arguments: DemoVariant.engines
    )
    func namelessFlood(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        // Each empty line is answered, with more than a gigabyte in all. So many are sent that the kernel cannot hold them:
        // when the last is, the first have been answered.
        let script = """
            import socket
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", \(server.port)))
            count = 0
            try:
                client.sendall(b"\\n" * 20000000)
                while data := client.recv(65536):
                    count += len(data)
            except ConnectionError:
                pass
            print("little" if count < 4000000 else "much")
            """
        let end = try Program.run(["python3", "-c", script])
        #expect(end.output == "little\n", "\(end.errors)")
        #expect(try server.stop() == "members: 0, lines: 0, dropped: 1, refused: 0\n")
    }

    @Test("When somebody leaves, the others keep their names and hear everything", arguments: DemoVariant.all)
    func leaving(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        do {
            var guests = try ["ada", "bob", "cleo", "dan", "eve"].map { name in
                let guest = try Guest(server.connect())
                try guest.connection.send("\(name)\n")
                while try !guest.connection.line().hasPrefix("* hello \(name)") {}
                return (name: name, guest: guest)
            }
            for leaver in ["bob", "eve", "ada"] {
                guests.removeAll { $0.name == leaver }
                for (_, guest) in guests {
                    while try guest.connection.line() != "* \(leaver) leaves" {}
                }
                for (name, guest) in guests {
                    try guest.connection.send("I am \(name)\n")
                    for other in guests where other.name != name {
                        #expect(try other.guest.connection.line() == "\(name): I am \(name)")
                    }
                }
            }
        }
        #expect(try server.stop() == "members: 5, lines: 9, dropped: 0, refused: 0\n")
    }

    @Test(
        "Names that look the same are not admitted side by side",
        .bug(id: "names-that-look-the-same"),
        arguments: ["callbacks", "async"]
    )
    func lookalikes(_ interface: String) throws {
        var server = try DemoServer.start(["chat", "--api", interface])
        do {
            let ada = try server.connect()
            try ada.send("andr\u{E9}\n")
            #expect(try ada.line() == "* welcome; what is your name?")
            #expect(try ada.line() == "* hello andr\u{E9}; here is nobody else")
            let other = try server.connect()
            #expect(try other.line() == "* welcome; what is your name?")
            let rule = "* a name has 1 to 20 letters, digits, - or _; try another"
            // A joiner, spaces without width, fillers that count as letters, variation selectors, a tag.
            for hidden in [
                "\u{200D}", "\u{200B}", "\u{FEFF}", "\u{3164}", "\u{115F}", "\u{FE0F}", "\u{E0101}", "\u{34F}",
                "\u{E0041}",
            ] {
                try other.send("an\(hidden)dr\u{E9}\n")
                #expect(try other.line() == rule)
            }
            // Removed, like all that changes the order of a line; and an accent that is written in another way.
            for same in ["\u{202E}andr\u{E9}", "andr\u{E9}\u{2028}", "andre\u{301}"] {
                try other.send("\(same)\n")
                #expect(try other.line().hasSuffix(" is here already; try another"))
            }
        }
        #expect(try server.stop().hasPrefix("members: 1, "))
    }

    @Test(
        "What changes the order or the lines of a text reaches nobody else",
        .bug(id: "direction-marks-pass"),
        arguments: ["callbacks", "async"]
    )
    func directionMarks(_ interface: String) throws {
        var server = try DemoServer.start(["chat", "--api", interface])
        do {
            let ada = try server.connect()
            try ada.send("ada\n")
            _ = try (ada.line(), ada.line())
            let bob = try server.connect()
            try bob.send("bob\n")
            #expect(try ada.line() == "* bob joins")
            try bob.send("a\u{202E}b\u{2028}c\u{2029}d\u{2066}e\u{200F}f\u{61C}g\u{9B}h\u{1B}[2J\u{FFF9}i\n")
            #expect(try ada.line() == "bob: abcdefgh[2Ji")
            // These are needed to write some languages, and families.
            try bob.send("\u{645}\u{6CC}\u{200C}\u{62E} \u{1F469}\u{200D}\u{1F4BB}\n")
            #expect(try ada.line() == "bob: \u{645}\u{6CC}\u{200C}\u{62E} \u{1F469}\u{200D}\u{1F4BB}")
        }
        #expect(try server.stop().hasPrefix("members: 2, lines: 2, "))
    }

    /// A classic one asks to be told of room for writing, and never takes that back.
    @Test(
        "When everybody has heard everything the room is quiet",
        .enabled(if: has("python3")),
        arguments: DemoVariant.engines
    )
    func quiet(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        do {
            // More than the kernel holds for one who does not read, less than the room queues besides.
            let script = "mkfifo $0.keys && exec 3<>$0.keys && rm $0.keys && exec python3 $1 $2 120 <&3"
            let name = "/tmp/evlab-chat-\(server.program.id)"
            var crowd = try Program.start(["sh", "-c", script, name, client("chat_backlog"), server.port])
            #expect(try crowd.line() == "heard")
            let isQuiet = server.isQuiet()
            #expect(isQuiet)
        }
        #expect(try server.stop() == "members: 3, lines: 120, dropped: 0, refused: 0\n")
    }

    @Test("nc, socat and a telnet client talk", .enabled(if: has("nc", "socat", "curl")), arguments: DemoVariant.all)
    func otherClients(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let script = """
            printf 'tel\\r\\n' | curl -sN telnet://127.0.0.1:$0 | while read -r line; do
                echo "$line"
                case $line in
                *"hello tel"*) printf 'ncat\\nby nc\\n' | nc -N 127.0.0.1 $0 ;;
                "* ncat leaves"*) printf 'cat\\nby socat\\n' | socat -t 60 - TCP:127.0.0.1:$0 ;;
                "* cat leaves"*) kill -TERM $1 ;;
                esac
            done
            """
        let end = try Program.run(["sh", "-c", script, server.port, "\(server.program.id)"])
        let expected = """
            * welcome; what is your name?
            * hello tel; here is nobody else
            * welcome; what is your name?
            * hello ncat; here are: tel
            * ncat joins
            ncat: by nc
            * ncat leaves
            * welcome; what is your name?
            * hello cat; here are: tel
            * cat joins
            cat: by socat
            * cat leaves
            * the room closes

            """
        #expect(end.output == expected, "\(end.errors)")
        #expect(try server.program.end().output == "members: 3, lines: 2, dropped: 0, refused: 0\n")
    }

    // MARK: The client

    @Test("A room that resets the connection is a failure", .enabled(if: has("python3")), arguments: DemoVariant.all)
    func resetByTheRoom(_ variant: DemoVariant) throws {
        let server = """
            import socket, struct
            server = socket.create_server(("127.0.0.1", 0))
            print(server.getsockname()[1], flush=True)
            connection, _ = server.accept()
            connection.recv(5, socket.MSG_WAITALL)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            """
        var room = try Program.start(["python3", "-c", server])
        let port = try room.line()
        let client =
            "\(Program.evlabPath) demo chat --join 127.0.0.1:\(port) \(variant.arguments.joined(separator: " "))"
        let end = try Program.run(["sh", "-c", "echo name | \(client)"])
        #expect(end.code == 1)
        #expect(end.errors.contains("reset"), "\(end.errors)")
        #expect(end.errors.split(separator: "\n").count == 1)
        _ = try room.end()
    }

    @Test(
        "The client shows the last words of a server that closes at once",
        .enabled(if: has("python3")),
        arguments: DemoVariant.all
    )
    func lastWords(_ variant: DemoVariant) throws {
        let server = """
            import socket
            server = socket.create_server(("127.0.0.1", 0))
            print(server.getsockname()[1], flush=True)
            connection, _ = server.accept()
            connection.sendall(b"x" * 200000 + b" the end")
            connection.close()
            """
        var room = try Program.start(["python3", "-c", server])
        let port = try room.line()
        let client =
            "\(Program.evlabPath) demo chat --join 127.0.0.1:\(port) \(variant.arguments.joined(separator: " "))"
        // A keyboard on which nobody types.
        let script = "cd $(mktemp -d) && mkfifo keys && exec 3<>keys && \(client) <&3 | tail -c 9; rm keys; rmdir $PWD"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.output == "x the end")
        _ = try room.end()
    }

    @Test(
        "What a hostile room sends does not control the terminal; into a pipe it goes as it is",
        .bug(id: "escape-sequences-pass"),
        .enabled(if: has("python3")),
        arguments: DemoVariant.all
    )
    func hostileRoom(_ variant: DemoVariant) throws {
        func visit(_ kind: String) throws -> Program.End {
            try Program.run(["python3", client("chat_hostile"), Program.evlabPath, kind] + variant.arguments)
        }
        let shown = [
            "plain [2Jcleared ]0;title backspace 31m c1 \\ufffd raw over",
            "caf\\xe9 \\u4f60\\u597d \\U0001f469\\u200d\\U0001f4bb",
            "gnp.exe x y z onetwothree ab",
            "tab here", "", "cut \\ufffd",
        ].joined(separator: "\\n")
        let terminal = try visit("terminal")
        #expect(terminal.output == "'\(shown)'\n", "\(terminal.errors)")
        #expect(try visit("pipe").output == "True\n")
    }

    @Test(
        "Standard input is /dev/null: the client says nothing, and shows what comes",
        .bug(id: "standard-streams-are-files"),
        arguments: DemoVariant.all
    )
    func noInput(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let client = [Program.evlabPath, "demo", "chat", "--join", "127.0.0.1:\(server.port)"] + variant.arguments
        let end = try Program.run(["sh", "-c", "exec \"$0\" \"$@\" </dev/null"] + client)
        #expect(end.code == 0)
        #expect(end.output == "* welcome; what is your name?\n", "\(end.errors)")
        let full = try Program.run(["sh", "-c", "exec \"$0\" \"$@\" </dev/null >/dev/full"] + client)
        #expect(full.code == 1)
        #expect(full.errors.contains("No space left on device"), "\(full.errors)")
        #expect(full.errors.split(separator: "\n").count == 1)
        _ = try server.stop()
    }

    @Test(
        "A file is said and the answers go to another",
        .bug(id: "standard-streams-are-files"),
        arguments: DemoVariant.all
    )
    func files(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let arguments = variant.arguments.joined(separator: " ")
        let client = "\(Program.evlabPath) demo chat --join 127.0.0.1:\(server.port) \(arguments)"
        // One file to write and one to append to, which cannot be spliced.
        let script = """
            cd $(mktemp -d) && printf 'ada\\nfrom a file\\n' > said && \(client) < said > heard && \(client) < said >> heard
            cat heard; rm said heard; rmdir $PWD
            """
        let once = "* welcome; what is your name?\n* hello ada; here is nobody else\n"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.output == once + once, "\(end.errors)")
        #expect(try server.stop() == "members: 2, lines: 2, dropped: 0, refused: 0\n")
    }

    @Test(
        "Keyboard and network in one wait, on a terminal",
        .bug(id: "terminal-left-non-blocking"),
        .enabled(if: has("python3")),
        arguments: DemoVariant.all
    )
    func terminal(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let command = ["python3", client("chat_terminal"), Program.evlabPath, server.port] + variant.arguments
        let end = try Program.run(command)
        #expect(end.output == "as it was\ncode 0\n", "\(end.errors)")
        #expect(try server.stop() == "members: 2, lines: 2, dropped: 0, refused: 0\n")
    }

    @Test("The client's bytes stay inside the kernel", .enabled(if: has("strace")), arguments: DemoVariant.engines)
    func splice(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["chat"], on: variant)
        let join = ([Program.evlabPath, "demo", "chat", "--join", "127.0.0.1:\(server.port)"] + variant.arguments)
        let script = "(echo ada; echo spliced) | strace -e trace=splice -e signal=none \(join.joined(separator: " "))"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.output == "* welcome; what is your name?\n* hello ada; here is nobody else\n")
        // In and out again, both ways.
        let moved = end.errors.split(separator: "\n").filter { $0.contains("splice(") && !$0.contains("= -1") }
        #expect(moved.count >= 4, "\(end.errors)")
        _ = try server.stop()
    }

    @Test("Nobody is there to join: a failure", arguments: DemoVariant.engines)
    func nobodyThere(_ variant: DemoVariant) throws {
        // Taken, and nobody listens.
        let closed = try Socket.bound(to: .loopback(port: 0), .stream)
        let place = try closed.localAddress()
        let end = try Program.runEvlab(["demo", "chat", "--join", "\(place)"] + variant.arguments)
        closed.close()
        #expect(end.code == 1)
        #expect(end.errors.contains("refused"))
        #expect(end.errors.split(separator: "\n").count == 1)
    }
}
