import Testing

@testable import EvlabDemos

/// What the parser of `demo resp` makes of input, piece by piece.
@Suite("The parser of demo resp")
struct RespProtocolTests {
    /// What is found in a text, as words, or why it is not a command.
    private static func words(of text: String) throws -> [String]? {
        let bytes = Array(text.utf8)
        var parser = RespParser()
        guard try parser.next(in: bytes.span) != nil else { return nil }
        let source = parser.words ?? bytes
        return (0..<parser.count).map { String(decoding: source[parser.arguments[$0]], as: UTF8.self) }
    }

    private static func reason(_ text: String) throws -> String? {
        do throws(RespParser.Malformed) {
            var parser = RespParser()
            _ = try parser.next(in: Array(text.utf8).span)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(
        "A line has words, some of them in quotes",
        arguments: [
            ("\n", []),
            ("  \t \r\n", []),
            ("SET k v\n", ["SET", "k", "v"]),
            ("set \"a b\" 'c d'\r\n", ["set", "a b", "c d"]),
            (#"x "\x41\n\"\\" 'it\'s\n'"# + "\n", ["x", "A\n\"\\", "it's\\n"]),
            ("x \"\" ''\n", ["x", "", ""]),
            ("x y\"z\"\n", ["x", "yz"]),
            (#"x "\xZZ\x4""# + "\n", ["x", "xZZx4"]),
        ]
    )
    func line(_ text: String, _ words: [String]) throws {
        #expect(try Self.words(of: text) == words)
    }

    @Test(
        "What is not a command is named",
        .bug(id: "any-two-bytes-for-crlf"),
        arguments: [
            ("*2\r\n$4\r\nECHO\r\n$2\r\nhixx", "expected CR LF after 2 bytes"),
            ("*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\r", "expected CR LF after 2 bytes"),
            ("*1\rx$4\r\nPING\r\n", "expected LF after CR"),
            ("*1\r\n$4\r?PING\r\n", "expected LF after CR"),
            ("*1\r\nPING", "expected '$', got 'P'"),
            ("*1\r\n$-1\r\n", "invalid bulk length"),
            ("*1\r\n$16777217\r\n", "invalid bulk length"),
            ("*x\r\n", "invalid multibulk length"),
            ("*65537\r\n", "invalid multibulk length"),
            ("*99999999999999999999\r\n", "invalid multibulk length"),
            ("x 'y\n", "unbalanced quotes in request"),
            ("x \"y\"z\n", "unbalanced quotes in request"),
            (String(repeating: "x", count: 65_537), "too big inline request"),
        ]
    )
    func malformed(_ text: String, _ reason: String) throws {
        #expect(try Self.reason(text) == reason)
    }

    @Test("The arguments of a command have a limit together", .bug(id: "one-command-takes-gigabytes"))
    func longestCommand() throws {
        let value = String(repeating: "x", count: 16_777_216)
        let text = "*3\r\n$16777216\r\n\(value)\r\n$16777216\r\n"
        #expect(try Self.reason(text) == "a command has at most 33554432 bytes")
    }

    @Test("What has been read of a command is not read again", .bug(id: "quadratic-reassembly"))
    func resumes() throws {
        let beginning = Array("*1001\r\n".utf8)
        let argument = Array("$1\r\nx\r\n".utf8)
        var bytes = beginning + Array(repeating: argument, count: 500).joined()
        var parser = RespParser()
        #expect(try parser.next(in: bytes.span) == nil)
        // All but the mark of the command: a parser that reads these bytes again finds them wrong.
        for index in 1..<bytes.count { bytes[index] = UInt8(ascii: "?") }
        bytes += Array(repeating: argument, count: 501).joined()
        #expect(try parser.next(in: bytes.span) == bytes.count)
        #expect(parser.count == 1001)

        var line = Array(repeating: UInt8(ascii: "a"), count: 1000)
        #expect(try parser.next(in: line.span) == nil)
        for index in 0..<line.count { line[index] = 0x0A }
        line += Array(" b\n".utf8)
        #expect(try parser.next(in: line.span) == line.count)
    }
}
