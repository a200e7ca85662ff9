import Multiplexing
import Readiness
import Sockets
import Testing

@Suite("Out-of-band data")
struct OutOfBandTests {
    @Test("fault 18: an out-of-band byte is reported once, and the stream is intact", arguments: MultiplexerMode.all)
    func outOfBand(_ mode: MultiplexerMode) throws {
        let pair = try makeTCPPair()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(pair.first, for: .priority, trigger: mode.trigger, token: 1)
        try pair.second.write("ab")
        #expect(try multiplexer.readyNow().isEmpty)
        #expect(try pair.second.sendOutOfBand(0x21) == .bytes(1))
        #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 1, events: .priority)])
        #expect(try multiplexer.readyNow().count == (mode.trigger == .level ? 1 : 0))
        #expect(try pair.first.receiveOutOfBand() == 0x21)
        #expect(try multiplexer.readyNow().isEmpty)
        try pair.second.write("cd")
        #expect(try multiplexer.readyNow().isEmpty)
        // A rearm finds nothing either: the byte has been taken.
        try multiplexer.rearm(pair.first)
        #expect(try multiplexer.readyNow().isEmpty)
        #expect(try readAll(pair.first, 4) == "abcd")
    }

    @Test("fault 18: in line, the byte is found by its mark", arguments: MultiplexerKind.allCases)
    func inLine(_ kind: MultiplexerKind) throws {
        let pair = try makeTCPPair()
        try pair.first.set(.outOfBandInline, to: true)
        var multiplexer = try kind.make()
        try multiplexer.add(pair.first, for: [.readable, .priority], trigger: .level, token: 1)
        try pair.second.write("ab")
        #expect(try pair.second.sendOutOfBand(0x21) == .bytes(1))
        try pair.second.write("cd")
        waitUntilReady(pair.first, 2)
        while try pair.first.bytesReadable() < 5 {
            try #require(try !multiplexer.nextEvents().isEmpty)
        }
        #expect(try multiplexer.readyNow().map(\.events) == [[.readable, .priority]])
        #expect(try pair.first.isAtOutOfBandMark() == false)
        // A read stops before the mark, and it stays reported until it is read past.
        #expect(try pair.first.readText() == "ab")
        #expect(try pair.first.isAtOutOfBandMark())
        #expect(try multiplexer.readyNow().map(\.events) == [[.readable, .priority]])
        #expect(try pair.first.readText() == "!cd")
        #expect(try multiplexer.readyNow().isEmpty)
    }

    private func readAll(_ socket: borrowing Socket, _ count: Int) throws -> String {
        var text = ""
        while text.utf8.count < count {
            waitUntilReady(socket, 1)
            text += try #require(try socket.readText())
        }
        return text
    }
}
