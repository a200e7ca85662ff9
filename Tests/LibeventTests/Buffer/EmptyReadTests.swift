import FaultTools
import Libevent
import Readiness
import Sockets
import Testing

/// Reads into a buffer that take no bytes.
@Suite("EventBuffer: reads of no bytes")
struct EmptyReadTests {
    @Test(
        "an empty message is a message of 0 bytes, not the end",
        .bug(id: "empty-datagram"),
        arguments: [SocketKind.datagram, .sequentialPackets]
    )
    func emptyMessage(_ kind: SocketKind) throws {
        let buffer = try EventBuffer()
        let pair = try Socket.pair(kind)
        for size in [0, 3, 0] { _ = try pair.first.write([UInt8](repeating: 7, count: size).span) }
        for size in [0, 3, 0] {
            let outcome = try buffer.read(from: pair.second)
            #expect(outcome == .bytes(size))
        }
        let outcome = try buffer.read(from: pair.second)
        #expect(outcome == .wouldBlock)
        #expect(try buffer.removeBytes(buffer.count) == [7, 7, 7])
    }

    @Test("the master side of a terminal ends when no program has the terminal", .bug(id: "terminal-end"))
    func terminal() throws {
        let buffer = try EventBuffer()
        try Terminal().split { (controlling, terminal) in
            _ = try terminal.write([1, 2, 3].span)
            terminal.close()
            #expect(try buffer.read(from: controlling) == .bytes(3))
            #expect(try buffer.read(from: controlling) == .end)
        }
    }
}
