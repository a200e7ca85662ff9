import Glibc
import Sockets
import Testing

@Suite(.serialized)
struct RespDemoTests {
    @Test("The commands, one by one, many at once, and cut into pieces", arguments: ["native", "libevent"])
    func commands(_ engine: String) throws {
        var program = try Program.evlab(["demo", "resp", "--port", "0", "--engine", engine])
        let address = try #require(SocketAddress(String(try program.line().dropFirst(13))))
        do {
            let client = try Client(address)
            for (request, answer) in Self.exchanges { #expect(try client.ask(request) == answer) }
            let all = Self.exchanges.map(\.0).joined()
            let answers = Self.exchanges.map(\.1).joined()
            #expect(try client.ask("DEL k n gone\r\n").hasPrefix(":"))
            #expect(try client.ask(all, answer: answers.utf8.count) == answers)
            #expect(try client.ask("DEL k n gone\r\n").hasPrefix(":"))
            for byte in all.utf8 { try client.send([byte]) }
            #expect(String(decoding: try client.receive(atMost: answers.utf8.count), as: UTF8.self) == answers)
        }
        program.send(SIGTERM)
        #expect(try program.end().output == "clients: 1\n")
    }

    @Test(
        "What is no command ends the client, not the server",
        .bug(id: "any-two-bytes-for-crlf"),
        arguments: [
            "*1\r\nPING", "*9999999999\r\n", "*1\r\n$-1\r\n", "*2\r\n$4\r\nECHO\r\n$2\r\nhixx", "ECHO 'x\n",
        ]
    )
    func malformed(_ request: String) throws {
        var program = try Program.evlab(["demo", "resp", "--port", "0"])
        let address = try #require(SocketAddress(String(try program.line().dropFirst(13))))
        do {
            let client = try Client(address)
            try client.send(Array(request.utf8))
            #expect(String(decoding: try client.receive(), as: UTF8.self).hasPrefix("-ERR Protocol error"))
            #expect(try Client(address).ask("PING\r\n") == "+PONG\r\n")
        }
        program.send(SIGTERM)
        #expect(try program.end().code == 0)
    }

    @Test("Two loops have one store: what clients of both count adds up", arguments: ["native", "libevent"])
    func twoLoops(_ engine: String) throws {
        var program = try Program.evlab(["demo", "resp", "--port", "0", "--engine", engine, "--loops", "2"])
        let address = try #require(SocketAddress(String(try program.line().dropFirst(13))))
        do {
            // Each is on one loop or the other, as the kernel chooses; all on one has a chance of one to half a million.
            let clients = try (0..<20).map { _ in Box(try Client(address)) }
            for _ in 0..<10 {
                for client in clients { try client.value.send(Array(String(repeating: "INCR n\r\n", count: 50).utf8)) }
            }
            // 500 answers each, whose length depends on who came when: the last is known when all have been read.
            for client in clients {
                var lines = 0
                while lines < 500 {
                    let byte = try client.value.receive(atMost: 1)
                    try #require(!byte.isEmpty, "it closed after \(lines) answers")
                    lines += byte.count { $0 == 0x0A }
                }
            }
            #expect(try clients[0].value.ask("GET n\r\n") == "$5\r\n10000\r\n")
        }
        program.send(SIGTERM)
        #expect(try program.end().output == "clients: 20\n")
    }

    @Test("An error does not end its line in what it quotes", .bug(id: "error-quotes-a-line-end"))
    func quotedLineEnd() throws {
        var server = try DemoServer.start(["resp"])
        do {
            let client = try server.connect()
            let answer = "-ERR unknown command 'FL  ', with args beginning with: '  +OK' \r\n"
            #expect(try client.ask("*2\r\n$4\r\nFL\r\n\r\n$5\r\n\r\n+OK\r\n") == answer)
        }
        #expect(try server.stop() == "clients: 1\n")
    }

    @Test("Answers wait as commands, not as bytes", .bug(id: "answers-without-limit"), arguments: DemoVariant.engines)
    func backPressure(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["resp"], on: variant)
        do {
            let client = try server.connect()
            let value = [UInt8](repeating: UInt8(ascii: "v"), count: 262_144)
            try client.send("*3\r\n$3\r\nSET\r\n$1\r\nv\r\n$262144\r\n")
            try client.send(value)
            try client.send("\r\n")
            #expect(try client.line() == "+OK\r")
            let before = try Self.peak(of: server)
            // One command with as many answers, many commands, and the end of the client's output behind them.
            try client.send("MGET" + String(repeating: " v", count: 200) + "\r\n")
            try client.send(String(repeating: "GET v\r\n", count: 200) + "PING\r\n")
            try client.shutDownWriting()
            let answer = try client.receive()
            #expect(answer.count == 6 + 400 * (9 + 262_144 + 2) + 7)
            #expect(answer.suffix(7).elementsEqual("+PONG\r\n".utf8))
            // In kilobytes, of the 100,000 that the answers are.
            #expect(try Self.peak(of: server) - before < 24_000)
        }
        #expect(try server.stop() == "clients: 1\n")
    }

    /// The most kilobytes of memory that a server has had.
    private static func peak(of server: borrowing DemoServer) throws -> Int {
        let script = ["sed", "-n", "s/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p", "/proc/\(server.program.id)/status"]
        return try #require(Int(try Program.run(script).output.dropLast()))
    }

    @Test("The time for a command grows with its length, not with the square", .bug(id: "quadratic-reassembly"))
    func longCommand() throws {
        var server = try DemoServer.start(["resp"])
        do {
            let client = try server.connect()
            func cost(_ size: Int, _ times: Int) throws -> Int64 {
                let before = server.program.cpu
                let command = Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(size)\r\n".utf8)
                let value = [UInt8](repeating: 0, count: size) + [0x0D, 0x0A]
                for _ in 0..<times {
                    try client.send(command + value)
                    #expect(try client.line() == "+OK\r")
                }
                return server.program.cpu - before
            }
            let short = try cost(1_048_576, 16)
            let long = try cost(16 * 1_048_576, 1)
            // The same bytes; a copy of what there is for each piece would take 16 times as long.
            #expect(long < 5 * short, "\(long) and \(short) nanoseconds")
        }
        #expect(try server.stop() == "clients: 1\n")
    }

    // As redis-server 7.0.15 answers them.
    private static let exchanges = [
        ("PING\r\n", "+PONG\r\n"),
        ("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n", "$5\r\nhello\r\n"),
        ("*3\r\n$3\r\nset\r\n$1\r\nk\r\n$2\r\n\r\n\r\n", "+OK\r\n"),
        ("GET k\r\n", "$2\r\n\r\n\r\n"),
        ("INCR n\r\n", ":1\r\n"),
        ("INCR n\r\n", ":2\r\n"),
        ("INCR k\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("EXPIRE n 100\r\n", ":1\r\n"),
        ("EXPIRE nobody 100\r\n", ":0\r\n"),
        ("SET gone x PX 1\r\n", "+OK\r\n"),
        ("EXPIRE k 0\r\n", ":1\r\n"),
        ("GET k\r\n", "$-1\r\n"),
        ("SET k x\r\n", "+OK\r\n"),
        ("EXPIRE k -9300000000\r\n", ":1\r\n"),
        ("GET k\r\n", "$-1\r\n"),
        ("DEL n k\r\n", ":1\r\n"),
        ("GET n\r\n", "$-1\r\n"),
        ("GET\r\n", "-ERR wrong number of arguments for 'get' command\r\n"),
        ("SET n 5\r\n", "+OK\r\n"),
        ("INCRBY n 10\r\n", ":15\r\n"),
        ("DECR n\r\n", ":14\r\n"),
        ("DECRBY n 20\r\n", ":-6\r\n"),
        ("INCRBY n x\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("INCRBY n +5\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("INCRBY n 9223372036854775808\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("DECRBY n 9223372036854775807\r\n", "-ERR increment or decrement would overflow\r\n"),
        ("DECRBY n -9223372036854775808\r\n", "-ERR decrement would overflow\r\n"),
        ("EXISTS n n k\r\n", ":2\r\n"),
        ("MSET n 1 k\r\n", "-ERR wrong number of arguments for 'mset' command\r\n"),
        ("MSET n 1 k \"2 3\"\r\n", "+OK\r\n"),
        ("GET k\r\n", "$3\r\n2 3\r\n"),
        ("DEL k\r\n", ":1\r\n"),
        ("SET k v XX\r\n", "$-1\r\n"),
        ("SET k v NX\r\n", "+OK\r\n"),
        ("SET k w NX\r\n", "$-1\r\n"),
        ("SET k w NX GET\r\n", "$1\r\nv\r\n"),
        ("SET k x GET EX 100\r\n", "$1\r\nv\r\n"),
        ("TTL k\r\n", ":100\r\n"),
        ("SET k y KEEPTTL\r\n", "+OK\r\n"),
        ("TTL k\r\n", ":100\r\n"),
        ("PERSIST k\r\n", ":1\r\n"),
        ("PERSIST k\r\n", ":0\r\n"),
        ("TTL k\r\n", ":-1\r\n"),
        ("PTTL nobody\r\n", ":-2\r\n"),
        ("SET k v EX 0\r\n", "-ERR invalid expire time in 'set' command\r\n"),
        ("SET k v EX x\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("SET k v EX 9223372036854775807\r\n", "-ERR invalid expire time in 'set' command\r\n"),
        ("SET k v EX 10 PX 10\r\n", "-ERR syntax error\r\n"),
        ("SET k v EX 10 KEEPTTL\r\n", "-ERR syntax error\r\n"),
        ("SET k v NX XX\r\n", "-ERR syntax error\r\n"),
        ("SET k v EX\r\n", "-ERR syntax error\r\n"),
        ("SETEX k 0 v\r\n", "-ERR invalid expire time in 'setex' command\r\n"),
        ("SETEX k 100 v\r\n", "+OK\r\n"),
        ("TTL k\r\n", ":100\r\n"),
        ("EXPIRE k 1 FOO\r\n", "-ERR Unsupported option FOO\r\n"),
        ("EXPIRE k 9223372036854775807\r\n", "-ERR invalid expire time in 'expire' command\r\n"),
        ("SELECT 0\r\n", "+OK\r\n"),
        ("SELECT 99\r\n", "-ERR DB index is out of range\r\n"),
        ("SELECT x\r\n", "-ERR value is not an integer or out of range\r\n"),
        ("CLIENT GETNAME\r\n", "$-1\r\n"),
        ("CLIENT SETNAME bob\r\n", "+OK\r\n"),
        ("CLIENT GETNAME\r\n", "$3\r\nbob\r\n"),
        (
            "CLIENT SETNAME \"a b\"\r\n",
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n"
        ),
        ("CLIENT SETNAME \"\"\r\n", "+OK\r\n"),
        ("CLIENT FLY\r\n", "-ERR unknown subcommand 'FLY'. Try CLIENT HELP.\r\n"),
        ("CLIENT SETNAME\r\n", "-ERR wrong number of arguments for 'client|setname' command\r\n"),
        ("HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n"),
        ("HELLO x\r\n", "-ERR Protocol version is not an integer or out of range\r\n"),
        ("HELLO 3 FOO\r\n", "-ERR Syntax error in HELLO option 'FOO'\r\n"),
        ("HELLO 3 AUTH bob x\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
        ("PING a b\r\n", "-ERR wrong number of arguments for 'ping' command\r\n"),
        ("DEL k n\r\n", ":2\r\n"),
        ("FLY\r\n", "-ERR unknown command 'FLY', with args beginning with: \r\n"),
    ]
}

extension Client {
    /// Sends a request and receives the answer, which is as long as it is said to be, or is one line or two.
    fileprivate func ask(_ request: String, answer count: Int? = nil) throws -> String {
        try send(Array(request.utf8))
        if let count { return String(decoding: try receive(atMost: count), as: UTF8.self) }
        var text = ""
        while !text.isComplete {
            let byte = try receive(atMost: 1)
            try #require(!byte.isEmpty, "it closed after '\(text)'")
            text += String(decoding: byte, as: UTF8.self)
        }
        return text
    }
}

extension String {
    /// Whether it is an answer of the protocol.
    fileprivate var isComplete: Bool {
        guard utf8.suffix(2).elementsEqual([13, 10]) else { return false }
        guard utf8.first == UInt8(ascii: "$") else { return true }
        let length = utf8.dropFirst().prefix { $0 != 13 }
        let count = Int(String(decoding: length, as: UTF8.self)) ?? 0
        return count < 0 || utf8.count >= 1 + length.count + 2 + count + 2
    }
}
