import Glibc
import Sockets
import Testing

@Suite("Out-of-band data")
struct OutOfBandTests {
    @Test("fault 18: the byte comes apart from the stream, once", arguments: Link.tcp)
    func apart(_ link: Link) throws {
        let both = try connection(link)
        let early = failure { () throws(IOError) in try both.server.receiveOutOfBand() }
        #expect(early?.code == .invalidArgument)
        _ = try both.client.write([1, 2])
        let sent = try both.client.sendOutOfBand(99)
        #expect(sent == .bytes(1))
        _ = try both.client.write([3])
        wait(for: POLLPRI, on: both.server)
        let byte = try both.server.receiveOutOfBand()
        #expect(byte == 99)
        #expect(failure { () throws(IOError) in try both.server.receiveOutOfBand() }?.code == .invalidArgument)
        try both.client.shutDown(.writing)
        // A read stops at the mark.
        let before = try both.server.readOnce()
        #expect(before.bytes == [1, 2])
        let atMark = try both.server.isAtOutOfBandMark()
        #expect(atMark)
        let after = try both.server.readToEnd()
        #expect(after == [3])
    }

    @Test("fault 18: in line: the mark tells where the byte is", arguments: Link.tcp)
    func inline(_ link: Link) throws {
        let both = try connection(link)
        try both.server.set(.outOfBandInline, to: true)
        _ = try both.client.write([1, 2])
        _ = try both.client.sendOutOfBand(99)
        _ = try both.client.write([3])
        wait(for: POLLPRI, on: both.server)
        #expect(failure { () throws(IOError) in try both.server.receiveOutOfBand() }?.code == .invalidArgument)
        let early = try both.server.isAtOutOfBandMark()
        #expect(!early)
        let before = try both.server.readOnce()
        #expect(before.bytes == [1, 2])
        let atMark = try both.server.isAtOutOfBandMark()
        #expect(atMark)
        try both.client.shutDown(.writing)
        let rest = try both.server.readToEnd()
        #expect(rest == [99, 3])
        let late = try both.server.isAtOutOfBandMark()
        #expect(!late)
    }

    @Test("a second byte pushes the first into the stream's past")
    func second() throws {
        let both = try connection(.tcpIPv4)
        _ = try both.client.sendOutOfBand(1)
        wait(for: POLLPRI, on: both.server)
        _ = try both.client.sendOutOfBand(2)
        _ = try both.client.write([3])
        try both.client.shutDown(.writing)
        wait(for: pollReadHangUp, on: both.server)
        let byte = try both.server.receiveOutOfBand()
        #expect(byte == 2)
    }

    @Test("datagram sockets have none; a connection that ended sends none")
    func unsupported() throws {
        let datagram = try Socket.connecting(to: .loopback(port: 9), .datagram).intoSocket()
        #expect(failure { () throws(IOError) in try datagram.sendOutOfBand(1) }?.code == .unsupported)
        let both = try connection(.tcpIPv4)
        try both.client.shutDown(.writing)
        #expect(failure { () throws(IOError) in try both.client.sendOutOfBand(1) }?.code == .brokenPipe)
    }
}
