import Glibc
import Sockets
import Testing

/// Messages without bytes, which `read(2)` reports with the same 0 as the end of a stream.
@Suite("Messages without bytes")
struct EmptyMessageTests {
    enum Way: CaseIterable {
        case udpIPv4, udpIPv6, unixDatagrams, sequentialPackets

        func pair() throws -> SocketPair {
            switch self {
            case .udpIPv4: try Self.pair(on: .loopback(port: 0))
            case .udpIPv6: try Self.pair(on: .loopbackIPv6(port: 0))
            case .unixDatagrams: try Socket.pair(.datagram)
            case .sequentialPackets: try Socket.pair(.sequentialPackets)
            }
        }

        private static func pair(on address: SocketAddress) throws -> SocketPair {
            let receiver = try Socket.bound(to: address)
            let sender = try Socket.connecting(to: receiver.localAddress(), .datagram).intoSocket()
            return SocketPair(first: sender, second: receiver)
        }
    }

    /// One read, into the memory of either kind of span.
    private static func read(_ socket: borrowing Socket, intoOutputSpan: Bool) throws -> ReadOutcome {
        guard intoOutputSpan else { return try socket.readOnce().outcome }
        var outcome = ReadOutcome.wouldBlock
        _ = try [UInt8](capacity: 64) { (span) throws(IOError) in outcome = try socket.read(into: &span) }
        return outcome
    }

    @Test(
        "an empty message is a message of 0 bytes, not the end",
        .bug(id: "empty-datagram"),
        arguments: Way.allCases,
        [false, true]
    )
    func read(_ way: Way, intoOutputSpan: Bool) throws {
        let pair = try way.pair()
        let sizes = [1, 0, 0, 2, 0]
        for size in sizes {
            let sent = try pair.first.write([UInt8](repeating: 7, count: size))
            #expect(sent == .bytes(size))
        }
        for size in sizes {
            wait(for: POLLIN, on: pair.second)
            let outcome = try Self.read(pair.second, intoOutputSpan: intoOutputSpan)
            #expect(outcome == .bytes(size))
        }
        let outcome = try Self.read(pair.second, intoOutputSpan: intoOutputSpan)
        #expect(outcome == .wouldBlock)
    }

    @Test(
        "a read without room for a byte leaves the message where it is",
        .bug(id: "empty-datagram"),
        arguments: Way.allCases
    )
    func noRoom(_ way: Way) throws {
        let pair = try way.pair()
        _ = try pair.first.write([7])
        wait(for: POLLIN, on: pair.second)
        let nothing = try pair.second.readOnce(upTo: 0)
        #expect(nothing.outcome == .bytes(0))
        let message = try pair.second.readOnce()
        #expect(message.bytes == [7])
    }

    @Test("the end of a connection of messages comes after the messages", .bug(id: "empty-datagram"))
    func end() throws {
        let pair = try Socket.pair(.sequentialPackets)
        for size in [0, 1, 0, 2] { _ = try pair.first.write([UInt8](repeating: 7, count: size)) }
        // A close might do nothing yet: a child that another test is starting may have a copy.
        try pair.first.shutDown(.both)
        for size in [0, 1, 0, 2] {
            let outcome = try pair.second.readOnce().outcome
            #expect(outcome == .bytes(size))
        }
        for _ in 0..<2 {
            let outcome = try pair.second.readOnce().outcome
            #expect(outcome == .end)
        }
    }
}
