import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What epoll reports in each state of a descriptor, beside poll(2), which is asked at the same moment.
@Suite("Readiness states", .timeLimit(.minutes(1)))
struct ReadinessStateTests {
    private static let everything: Interest = [.readable, .writable, .priority, .peerClosed]

    /// Compares both with what is expected, waiting until poll agrees, for the loopback needs a moment.
    private func expect(
        _ expected: ReadyEvents,
        on holder: borrowing some DescriptorHolder & ~Copyable,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let number = holder.fileDescriptor.rawValue
        let asked = CShort(truncatingIfNeeded: Int(Self.everything.rawValue))
        let deadline = ContinuousClock.now + patience
        var polled: CInt = 0
        repeat {
            polled = clinux_poll_now(number, asked)
        } while polled != CInt(expected.rawValue) && ContinuousClock.now < deadline
        #expect(ReadyEvents(rawValue: UInt16(polled)) == expected, "poll", sourceLocation: sourceLocation)

        let epoll = try Epoll()
        for trigger in Trigger.allCases {
            try epoll.add(holder, for: Self.everything, trigger: trigger, token: 1)
            let events = try readyNow(epoll).map(\.events)
            #expect(events == (expected.isEmpty ? [] : [expected]), "\(trigger)", sourceLocation: sourceLocation)
            try epoll.remove(holder)
        }
    }

    @Test("of a TCP connection")
    func tcp() throws {
        let pair = try makeTCPPair()
        try expect(.writable, on: pair.first)
        try pair.second.write("x")
        try expect([.readable, .writable], on: pair.first)
        try pair.second.shutDown(.writing)
        try expect([.readable, .writable, .peerClosed], on: pair.first)
        #expect(try pair.first.readText() == "x")
        try expect([.readable, .writable, .peerClosed], on: pair.first)
        try pair.first.shutDown(.both)
        try expect([.readable, .writable, .peerClosed, .hangUp], on: pair.first)
    }

    @Test("of a TCP connection that is reset")
    func reset() throws {
        let pair = try makeTCPPair()
        try pair.split { (first, second) throws in
            try second.set(.linger, to: .seconds(0))
            second.close()
            try expect([.readable, .writable, .peerClosed, .error, .hangUp], on: first)
        }
    }

    @Test("of a refused connect")
    func refused() throws {
        let address: SocketAddress
        do {
            let bound = try Socket.bound(to: .loopback(port: 0), .stream)
            address = try bound.localAddress()
        }
        let socket = try Socket.connecting(to: address).intoSocket()
        try expect([.readable, .writable, .peerClosed, .error, .hangUp], on: socket)
        #expect(try socket.pendingError() == .connectionRefused)
        try expect([.readable, .writable, .peerClosed, .hangUp], on: socket)
    }

    @Test("of out-of-band data")
    func outOfBand() throws {
        let pair = try makeTCPPair()
        try pair.second.write("x")
        #expect(try pair.second.sendOutOfBand(0x21) == .bytes(1))
        try expect([.readable, .writable, .priority], on: pair.first)
        #expect(try pair.first.receiveOutOfBand() == 0x21)
        try expect([.readable, .writable], on: pair.first)
        #expect(try pair.first.readText() == "x")
    }

    @Test("of a listener")
    func listener() throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        try expect([], on: listener)
        let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
        try expect(.readable, on: listener)
        client.close()
    }

    @Test("of a unix connection")
    func unix() throws {
        let pair = try Socket.pair()
        try expect(.writable, on: pair.first)
        try pair.second.shutDown(.writing)
        try expect([.readable, .writable, .peerClosed], on: pair.first)
        try pair.split { (first, second) throws in
            second.close()
            try expect([.readable, .writable, .peerClosed, .hangUp], on: first)
        }
    }

    @Test("of a full unix connection")
    func full() throws {
        let pair = try Socket.pair()
        let chunk = [UInt8](repeating: 1, count: 65_536)
        while try pair.first.write(chunk.span) != .wouldBlock {}
        try expect([], on: pair.first)
    }

    @Test("of a pipe")
    func pipe() throws {
        var numbers: [CInt] = [-1, -1]
        try #require(unsafe clinux_pipe(&numbers) == 0)
        let reading = Descriptor(adopting: FileDescriptor(rawValue: numbers[0]))
        let writing = Descriptor(adopting: FileDescriptor(rawValue: numbers[1]))
        try expect([], on: reading)
        try expect(.writable, on: writing)
        var byte: UInt8 = 1
        #expect(unsafe clinux_write(numbers[1], &byte, 1) == 1)
        try expect(.readable, on: reading)
        writing.close()
        try expect([.readable, .hangUp], on: reading)
        #expect(unsafe clinux_read(numbers[0], &byte, 1) == 1)
        try expect(.hangUp, on: reading)
    }

    @Test("of a pipe that nobody reads")
    func pipeWithoutReader() throws {
        var numbers: [CInt] = [-1, -1]
        try #require(unsafe clinux_pipe(&numbers) == 0)
        let reading = Descriptor(adopting: FileDescriptor(rawValue: numbers[0]))
        let writing = Descriptor(adopting: FileDescriptor(rawValue: numbers[1]))
        reading.close()
        try expect([.writable, .error], on: writing)
    }

    @Test("of an eventfd")
    func eventDescriptor() throws {
        let event = try makeEventDescriptor()
        try expect(.writable, on: event)
        signal(event)
        try expect([.readable, .writable], on: event)
        // One below the largest value there is: nothing can be added.
        var count = UInt64.max - 2
        #expect(unsafe clinux_write(event.fileDescriptor.rawValue, &count, 8) == 8)
        try expect(.readable, on: event)
    }

    @Test("of an epoll instance in another")
    func nested() throws {
        let inner = try Epoll()
        try expect([], on: inner)
        let event = try makeEventDescriptor(1)
        try inner.add(event, for: .readable, token: 0)
        try expect(.readable, on: inner)
    }

    @Test("only what was asked for is reported, errors and hang-ups unasked")
    func onlyWhatWasAskedFor() throws {
        let pair = try Socket.pair()
        let epoll = try Epoll()
        try pair.second.write("x")
        for (interest, expected) in [
            (Interest.readable, [ReadyEvents.readable]), (.writable, [.writable]), (.priority, []), (.peerClosed, []),
            ([], []),
        ] {
            try epoll.add(pair.first, for: interest, token: 0)
            #expect(try readyNow(epoll).map(\.events) == expected)
            try epoll.remove(pair.first)
        }
    }

    @Test("with nothing asked for, a hang-up is reported once and then ends no wait", arguments: Trigger.allCases)
    func emptyInterest(_ trigger: Trigger) throws {
        let epoll = try Epoll()
        try Socket.pair().split { (first, second) throws in
            try epoll.add(first, for: [], trigger: trigger, token: 3)
            second.close()
            #expect(try readyNow(epoll) == [EventBatch.Event(token: 3, events: .hangUp)])
            #expect(try readyNow(epoll).isEmpty)
        }
    }
}
