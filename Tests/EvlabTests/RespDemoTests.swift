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
        arguments: ["*1\r\nPING", "*9999999999\r\n", "*1\r\n$-1\r\n"]
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
        ("GET\r\n", "-ERR wrong number of arguments\r\n"),
        ("FLY\r\n", "-ERR unknown command 'FLY'\r\n"),
    ]
}

/// For an array, which does not take what cannot be copied.
private final class Box {
    let value: Client

    init(_ value: consuming Client) {
        self.value = value
    }
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
