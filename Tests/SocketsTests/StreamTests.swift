import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("Streams")
struct StreamTests {
    @Test("bytes come as they were written", arguments: Link.streams)
    func bytes(_ link: Link) throws {
        let both = try connection(link)
        let quiet = try both.server.readOnce()
        #expect(quiet.outcome == .wouldBlock)
        let written = try both.client.write([1, 2, 3])
        #expect(written == .bytes(3))
        wait(for: POLLIN, on: both.server)
        let waiting = try both.server.bytesReadable()
        #expect(waiting == 3)
        let first = try both.server.readOnce(upTo: 2)
        #expect(first.bytes == [1, 2])
        let second = try both.server.readOnce()
        #expect(second.bytes == [3])
    }

    @Test(
        "fault 8: a full buffer: some bytes, then would block, and the rest in order once there is room",
        arguments: Link.streams
    )
    func partialWrite(_ link: Link) throws {
        let both = try connection(link)
        let sent = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        var (offset, received, blocked) = (0, [UInt8](), 0)
        while received.count < sent.count {
            while offset < sent.count {
                guard case .bytes(let count) = try both.client.write(sent.span.extracting(offset...)) else {
                    blocked += 1
                    break
                }
                offset += count
            }
            wait(for: POLLIN, on: both.server)
            received += try both.server.readOnce(upTo: 1_000_000).bytes
        }
        #expect(blocked > 0)
        #expect(received == sent)
        try both.client.shutDown(.writing)
        let end = try both.server.readToEnd()
        #expect(end == [])
    }

    @Test("a read without room for a byte is not the end")
    func noRoom() throws {
        let pair = try Socket.pair()
        var none = [UInt8]()
        var span = none.mutableSpan
        let outcome = try pair.first.read(into: &span)
        #expect(outcome == .bytes(0))
        let written = try pair.first.write([])
        #expect(written == .bytes(0))
    }

    @Test("an output span is filled behind what it holds, and a full one is not the end")
    func outputSpan() throws {
        let pair = try Socket.pair()
        _ = try pair.first.write([1, 2, 3, 4])
        var outcomes: [ReadOutcome] = []
        let bytes = try [UInt8](capacity: 3) { output throws(IOError) in
            output.append(9)
            outcomes.append(try pair.second.read(into: &output))
            outcomes.append(try pair.second.read(into: &output))
        }
        #expect(bytes == [9, 1, 2])
        #expect(outcomes == [.bytes(2), .bytes(0)])
        let rest = try pair.second.readOnce()
        #expect(rest.bytes == [3, 4])
    }

    @Test("two pieces in one write", arguments: Link.streams)
    func twoPieces(_ link: Link) throws {
        let both = try connection(link)
        let (header, body): ([UInt8], [UInt8]) = ([1, 2], [3])
        let written = try both.client.write(header.span, body.span)
        #expect(written == .bytes(3))
        let empty = try both.client.write([UInt8]().span, [4].span)
        #expect(empty == .bytes(1))
        try both.client.shutDown(.writing)
        let all = try both.server.readToEnd()
        #expect(all == [1, 2, 3, 4])
        let client = both.closeServer()
        let reset = failure { () throws(IOError) in
            // TCP learns of it from the answer to the first write.
            for _ in 0..<2 {
                _ = try client.write(header.span, body.span)
                wait(for: POLLHUP, on: client)
            }
        }
        #expect(reset?.code == .brokenPipe)
    }

    @Test("fault 13: half-close by the peer: the end, and what we write still arrives", arguments: Link.streams)
    func peerHalfCloses(_ link: Link) throws {
        let both = try connection(link)
        _ = try both.client.write([1])
        try both.client.shutDown(.writing)
        let before = try both.server.readToEnd()
        #expect(before == [1], "bytes that came with the end are delivered before it")
        let again = try both.server.readOnce()
        #expect(again.outcome == .end)
        _ = try both.server.write([2, 3])
        let client = both.closeServer()
        let answer = try client.readToEnd()
        #expect(answer == [2, 3])
    }

    @Test("fault 14: after our own half-close nothing can be written", arguments: Link.streams)
    func ownHalfClose(_ link: Link) throws {
        let both = try connection(link)
        try both.client.shutDown(.writing)
        #expect(failure { () throws(IOError) in try both.client.write([1]) }?.code == .brokenPipe)
        try both.client.shutDown(.reading)
        let end = try both.client.readOnce()
        #expect(end.outcome == .end)
    }

    @Test("fault 15: a reset in mid-transfer is told once", arguments: Link.tcp)
    func reset(_ link: Link) throws {
        let both = try connection(link)
        _ = try both.client.fill()
        try both.server.set(.linger, to: .seconds(0))
        let client = both.closeServer()
        wait(for: POLLERR, on: client)
        let first = failure { () throws(IOError) in try client.readOnce() }
        #expect(first?.code == .connectionReset)
        let second = try client.readOnce()
        #expect(second.outcome == .end)
        #expect(failure { () throws(IOError) in try client.write([1]) }?.code == .brokenPipe)
        let pending = try client.pendingError()
        #expect(pending == nil)
    }

    @Test("a close with unread input resets, too", arguments: Link.streams)
    func unreadInput(_ link: Link) throws {
        let both = try connection(link)
        _ = try both.client.write([1, 2, 3])
        wait(for: POLLIN, on: both.server)
        let client = both.closeServer()
        wait(for: POLLHUP, on: client)
        #expect(failure { () throws(IOError) in try client.readOnce() }?.code == .connectionReset)
    }

    @Test("a pending error is read once", arguments: Link.tcp)
    func pendingError(_ link: Link) throws {
        let both = try connection(link)
        try both.server.set(.linger, to: .seconds(0))
        let client = both.closeServer()
        wait(for: POLLERR, on: client)
        let first = try client.pendingError()
        let second = try client.pendingError()
        #expect(first == .connectionReset)
        #expect(second == nil)
    }

    @Test(
        "fault 17: a write to a peer that is gone does not kill a process with the default SIGPIPE",
        .bug(id: "killed-by-sigpipe"),
        arguments: Link.streams
    )
    func noSigPipe(_ link: Link) async {
        await #expect(processExitsWith: .success) { [link] in
            signal(SIGPIPE, SIG_DFL)
            let both = try connection(link)
            let client = both.closeServer()
            var codes: [IOError.Code?] = []
            for _ in 0..<2 {
                codes.append(failure { () throws(IOError) in try client.write([1]) }?.code)
                wait(for: POLLHUP, on: client)
            }
            codes.append(failure { () throws(IOError) in try client.write([1].span, [2].span) }?.code)
            #expect(codes.suffix(2) == [.brokenPipe, .brokenPipe])
            exit(codes.suffix(2) == [.brokenPipe, .brokenPipe] ? 0 : 1)
        }
    }

    @Test("sequential packets keep their borders")
    func sequentialPackets() throws {
        let both = try connection(.unixSequentialPackets)
        _ = try both.client.write([1, 2])
        _ = try both.client.write([3])
        let first = try both.server.receiveOne()
        let second = try both.server.receiveOne(upTo: 8)
        #expect(first.bytes == [1, 2] && second.bytes == [3])
        _ = try both.client.write([4, 5, 6])
        let cut = try both.server.receiveOne(upTo: 2)
        #expect(cut.bytes == [4, 5] && cut.datagram?.isTruncated == true)
        // A close might do nothing yet: a child that another test is starting may have a copy.
        try both.client.shutDown(.both)
        let end = try both.server.receiveOne()
        #expect(end.datagram?.count == 0)
    }

    @Test("pairs of each kind talk both ways", arguments: SocketKind.allCases)
    func pairs(_ kind: SocketKind) throws {
        try Socket.pair(kind).split { (first, second) throws in
            _ = try first.write([1])
            _ = try second.write([2])
            let (a, b) = (try second.receiveOne(), try first.receiveOne())
            #expect(a.bytes == [1] && b.bytes == [2])
            let quiet = try first.receiveOne()
            #expect(quiet.datagram == nil)
        }
    }
}
