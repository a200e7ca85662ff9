import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("Socket options")
struct SocketOptionTests {
    static let switches: [SocketOption<Bool>] = [
        .reuseAddress, .reusePort, .keepAlive, .outOfBandInline, .noDelay, .broadcast,
    ]

    @Test("switches go on and off", arguments: switches.indices)
    func onAndOff(_ index: Int) throws {
        let option = Self.switches[index]
        let socket = try Socket(.ipv4)
        let before = try socket.value(of: option)
        #expect(!before)
        try socket.set(option, to: true)
        let on = try socket.value(of: option)
        #expect(on)
        try socket.set(option, to: false)
        let off = try socket.value(of: option)
        #expect(!off)
    }

    static let numbers: [SocketOption<Int>] = [.keepAliveIdle, .keepAliveInterval, .keepAliveCount, .receiveLowWater]

    @Test("numbers are kept as they are set", arguments: numbers.indices)
    func kept(_ index: Int) throws {
        let option = Self.numbers[index]
        let socket = try Socket(.ipv4)
        try socket.set(option, to: 77)
        let value = try socket.value(of: option)
        #expect(value == 77)
    }

    @Test("numbers that the kernel does not take are typed errors", arguments: numbers.prefix(3).indices)
    func badNumbers(_ index: Int) throws {
        let option = Self.numbers[index]
        let socket = try Socket(.ipv4)
        for bad in [0, -1, 100_000] {
            #expect(failure { () throws(IOError) in try socket.set(option, to: bad) }?.code == .invalidArgument)
        }
        #expect(failure { () throws(IOError) in try socket.set(option, to: 1 << 32 | 5) }?.code == .outOfRange)
    }

    @Test("the kernel doubles what is asked of a buffer")
    func buffers() throws {
        let socket = try Socket(.ipv4)
        try socket.set(.sendBuffer, to: 10_000)
        try socket.set(.receiveBuffer, to: 20_000)
        let (send, receive) = (try socket.value(of: .sendBuffer), try socket.value(of: .receiveBuffer))
        #expect(send == 20_000 && receive == 40_000)
    }

    @Test("a small send buffer holds little")
    func smallBuffer() throws {
        let pair = try Socket.pair()
        let usual = try pair.first.fill()
        try pair.second.set(.sendBuffer, to: 4608)
        let small = try pair.second.fill()
        #expect(small < usual / 4)
    }

    @Test("the low-water mark of reading holds back readiness", arguments: Link.tcp)
    func receiveLowWater(_ link: Link) throws {
        let both = try connection(link)
        try both.server.set(.receiveLowWater, to: 3)
        _ = try both.client.write([1, 2])
        // In order over one connection: once the answer is back, the two bytes are there.
        _ = try both.server.write([0])
        wait(for: POLLIN, on: both.client)
        var request = pollfd(fd: both.server.fileDescriptor.rawValue, events: CShort(POLLIN), revents: 0)
        let (early, waiting) = (unsafe poll(&request, 1, 0), try both.server.bytesReadable())
        #expect(early == 0 && waiting == 2)
        _ = try both.client.write([3])
        wait(for: POLLIN, on: both.server)
        let all = try both.server.readOnce()
        #expect(all.bytes == [1, 2, 3])
    }

    @Test("Linux keeps the low-water mark of writing at 1")
    func sendLowWater() throws {
        let socket = try Socket(.ipv4)
        let value = try socket.value(of: .sendLowWater)
        #expect(value == 1)
        let error = failure { () throws(IOError) in try socket.set(.sendLowWater, to: 2) }
        #expect(error?.code == .unsupported)
        #expect(error?.errno == .protocolNotAvailable)
    }

    @Test(
        "linger",
        arguments: [(Linger.seconds(0), Linger.seconds(0)), (.seconds(5), .seconds(5)), (.background, .background)]
    )
    func linger(_ set: Linger, _ expected: Linger) throws {
        let socket = try Socket(.ipv4)
        let usual = try socket.value(of: .linger)
        #expect(usual == .background)
        try socket.set(.linger, to: set)
        let value = try socket.value(of: .linger)
        #expect(value == expected)
    }

    @Test("seconds of linger beyond their range are refused", arguments: [-1, 65_536, Int.max, Int.min])
    func lingerOutOfRange(_ seconds: Int) throws {
        let socket = try Socket(.ipv4)
        let error = failure { () throws(IOError) in try socket.set(.linger, to: .seconds(seconds)) }
        #expect(error?.code == .outOfRange)
        let value = try socket.value(of: .linger)
        #expect(value == .background)
    }

    @Test("options of another protocol, and what can only be read")
    func foreign() throws {
        let unix = try Socket(.unix)
        #expect(failure { () throws(IOError) in try unix.set(.noDelay, to: true) }?.code == .unsupported)
        let four = try Socket(.ipv4)
        #expect(failure { () throws(IOError) in try four.set(.onlyIPv6, to: true) }?.code == .unsupported)
        #expect(failure { () throws(IOError) in try four.set(.isListening, to: true) }?.code == .unsupported)
    }

    @Test("a connected stream's options are inherited from its listener")
    func inherited() throws {
        let listener = try Socket.listening(on: .loopback(port: 0))
        try listener.set(.noDelay, to: true)
        let client = try Socket.connecting(to: listener.localAddress()).intoSocket()
        wait(for: POLLIN, on: listener)
        let accepted = try #require(try listener.accept()?.intoSocket().release())
        let inherited = try Socket(adopting: accepted).value(of: .noDelay)
        #expect(inherited)
        client.close()
    }
}
