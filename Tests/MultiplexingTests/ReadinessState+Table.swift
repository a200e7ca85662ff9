import CLinux
import FaultTools
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

extension ReadinessState {
    static let all: [ReadinessState] = tcp + outOfBand + connecting + datagrams + pipes + unix + others + files

    /// An established TCP connection, seen from one end.
    private static let tcp: [ReadinessState] = [
        row("tcp: idle", select: "w", poll: "OUT") { Subject(try makeTCPPair()) },
        row("tcp: a byte unread", select: "rw", poll: "IN OUT") {
            let pair = try makeTCPPair()
            try pair.second.write("x")
            return Subject(pair)
        },
        row("tcp: the peer has shut its writing half", select: "rw", poll: "IN OUT RDHUP") {
            let pair = try makeTCPPair()
            try pair.second.shutDown(.writing)
            return Subject(pair)
        },
        row("tcp: data, then the same", select: "rw", poll: "IN OUT RDHUP") {
            let pair = try makeTCPPair()
            try pair.second.write("x")
            try pair.second.shutDown(.writing)
            return Subject(pair)
        },
        row("tcp: the peer has closed", select: "rw", poll: "IN OUT RDHUP") { Subject(firstOf: try makeTCPPair()) },
        row("tcp: the peer has closed, then we have written", select: "rw", poll: "IN OUT RDHUP ERR HUP") {
            try makeTCPPair().split { (first, second) throws in
                second.close()
                waitUntilReady(first, POLLIN)
                try first.write("x")
                return Subject(first)
            }
        },
        row("tcp: the peer has reset", select: "rw", poll: "IN OUT RDHUP ERR HUP") {
            let pair = try makeTCPPair()
            try pair.second.set(.linger, to: .seconds(0))
            return Subject(firstOf: pair)
        },
        row("tcp: our reading half is shut", select: "rw", poll: "IN OUT RDHUP") {
            let pair = try makeTCPPair()
            try pair.first.shutDown(.reading)
            return Subject(pair)
        },
        row("tcp: our writing half is shut", select: "w", poll: "OUT") {
            let pair = try makeTCPPair()
            try pair.first.shutDown(.writing)
            return Subject(pair)
        },
        row("tcp: both our halves are shut", select: "rw", poll: "IN OUT RDHUP HUP") {
            let pair = try makeTCPPair()
            try pair.first.shutDown(.both)
            return Subject(pair)
        },
        row("tcp: no room to write", select: "", poll: "") {
            let pair = try makeTCPPair()
            try fill(pair.first)
            return Subject(pair)
        },
    ]

    private static let outOfBand: [ReadinessState] = [
        row("tcp: data and an out-of-band byte", select: "rwx", poll: "IN PRI OUT") {
            Subject(try makePairWithOutOfBandByte())
        },
        row("tcp: the out-of-band byte received, the data not", select: "rw", poll: "IN OUT") {
            let pair = try makePairWithOutOfBandByte()
            #expect(try pair.first.receiveOutOfBand() == 0x21)
            return Subject(pair)
        },
        row("tcp: data and an out-of-band byte in line", select: "rwx", poll: "IN PRI OUT") {
            let pair = try makePairWithOutOfBandByte(inLine: true)
            #expect(failure { () throws(IOError) in try pair.first.receiveOutOfBand() }?.code == .invalidArgument)
            return Subject(pair)
        },
        row("tcp: read up to an out-of-band byte in line", select: "rwx", poll: "IN PRI OUT") {
            let pair = try makePairWithOutOfBandByte(inLine: true)
            #expect(try pair.first.readText() == "abc")
            return Subject(pair)
        },
        row("tcp: read past an out-of-band byte in line", select: "w", poll: "OUT") {
            let pair = try makePairWithOutOfBandByte(inLine: true)
            #expect(try pair.first.readText() == "abc")
            #expect(try pair.first.readText() == "!")
            return Subject(pair)
        },
    ]

    private static let connecting: [ReadinessState] = [
        row("tcp: a new socket", select: "rw", poll: "OUT HUP") { Subject(try Socket(.ipv4)) },
        row("tcp: a listener that nobody connects to", select: "", poll: "") {
            Subject(try Socket.listening(on: .loopback(port: 0)))
        },
        row("tcp: a listener with a connection waiting", select: "r", poll: "IN") {
            let listener = try Socket.listening(on: .loopback(port: 0))
            let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
            return Subject(listener.intoDescriptor(), beside: client.intoDescriptor())
        },
        row("tcp: a listener with a connection waiting that was reset", select: "r", poll: "IN") {
            let listener = try Socket.listening(on: .loopback(port: 0))
            let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
            waitUntilReady(listener, POLLIN)
            try client.set(.linger, to: .seconds(0))
            return Subject(listener)
        },
        row("tcp: a connect refused", select: "rw", poll: "IN OUT RDHUP ERR HUP") {
            Subject(try Socket.connecting(to: try makeUnusedAddress()).intoSocket())
        },
        row("tcp: a connect refused, the error read", select: "rw", poll: "IN OUT RDHUP HUP") {
            let socket = try Socket.connecting(to: try makeUnusedAddress()).intoSocket()
            waitUntilReady(socket, POLLOUT)
            #expect(try socket.pendingError() == .connectionRefused)
            return Subject(socket)
        },
    ]

    private static let datagrams: [ReadinessState] = [
        row("udp: idle", select: "w", poll: "OUT") { Subject(try Socket.bound(to: .loopback(port: 0))) },
        row("udp: the peer's port is unreachable", select: "rw", poll: "OUT ERR") {
            // The peer hears itself only, so for others nobody is there. A port that was closed might still be open in a
            // child that another test is starting.
            let peer = try Socket.bound(to: .loopback(port: 0))
            _ = try peer.connect(to: peer.localAddress())
            let socket = try Socket.connecting(to: peer.localAddress(), .datagram).intoSocket()
            try socket.write("x")
            return Subject(socket.intoDescriptor(), beside: peer.intoDescriptor())
        },
    ]

    private static let pipes: [ReadinessState] = [
        row("pipe, reading end: idle", select: "", poll: "") {
            let pipe = try Pipe()
            return pipe.split { (reading, writing) in Subject(reading, beside: writing) }
        },
        row("pipe, reading end: a byte", select: "r", poll: "IN") {
            let pipe = try Pipe()
            pipe.write()
            return pipe.split { (reading, writing) in Subject(reading, beside: writing) }
        },
        row("pipe, reading end: a byte, and no writer left", select: "r", poll: "IN HUP") {
            let pipe = try Pipe()
            pipe.write()
            return pipe.split { (reading, writing) in
                writing.close()
                return Subject(reading)
            }
        },
        row("pipe, reading end: no writer left", select: "r", poll: "HUP") {
            let pipe = try Pipe()
            pipe.write()
            pipe.read()
            return pipe.split { (reading, writing) in
                writing.close()
                return Subject(reading)
            }
        },
        row("pipe, writing end: idle", select: "w", poll: "OUT") {
            let pipe = try Pipe()
            return pipe.split { (reading, writing) in Subject(writing, beside: reading) }
        },
        row("pipe, writing end: no reader left", select: "rw", poll: "OUT ERR") {
            let pipe = try Pipe()
            return pipe.split { (reading, writing) in
                reading.close()
                return Subject(writing)
            }
        },
    ]

    private static let unix: [ReadinessState] = [
        row("unix: idle", select: "w", poll: "OUT") { Subject(try Socket.pair()) },
        row("unix: the peer has shut its writing half", select: "rw", poll: "IN OUT RDHUP") {
            let pair = try Socket.pair()
            try pair.second.shutDown(.writing)
            return Subject(pair)
        },
        row("unix: the peer has closed", select: "rw", poll: "IN OUT RDHUP HUP") {
            Subject(firstOf: try Socket.pair())
        },
        row("unix: no room to write", select: "", poll: "") {
            let pair = try Socket.pair()
            try fill(pair.first)
            return Subject(pair)
        },
    ]

    private static let others: [ReadinessState] = [
        row("eventfd: 0", select: "w", poll: "OUT") { try Subject.eventDescriptor(0) },
        row("eventfd: 1", select: "rw", poll: "IN OUT") { try Subject.eventDescriptor(1) },
        row("eventfd: the largest value", select: "r", poll: "IN") { try Subject.eventDescriptor(.max - 1) },
        row("terminal: idle", select: "w", poll: "OUT") {
            try Terminal().split { (controlling, terminal) in Subject(terminal, beside: controlling) }
        },
        row("terminal: a line typed", select: "rw", poll: "IN OUT") {
            let terminal = try Terminal()
            try terminal.type("x\n")
            return terminal.split { (controlling, terminal) in Subject(terminal, beside: controlling) }
        },
        row("terminal: hung up", select: "rw", poll: "IN OUT ERR HUP") {
            try Terminal().split { (controlling, terminal) in
                controlling.close()
                return Subject(terminal)
            }
        },
    ]

    private static let files: [ReadinessState] = [
        ("a regular file", "/proc/self/exe"), ("/dev/null", "/dev/null"), ("/dev/zero", "/dev/zero"),
        ("a directory", "/"),
    ].map { (name: String, path: FilePath) in
        ReadinessState("file: \(name)", select: "rw", poll: "IN OUT", neverBlocks: true) { try Subject.file(path) }
    }

    private static func row(
        _ name: String,
        select: String,
        poll: String,
        make: @escaping @Sendable () throws -> Subject
    ) -> ReadinessState {
        ReadinessState(name, select: select, poll: poll, make: make)
    }

    // MARK: Making them

    private static func makePairWithOutOfBandByte(inLine: Bool = false) throws -> SocketPair {
        let pair = try makeTCPPair()
        try pair.first.set(.outOfBandInline, to: inLine)
        try pair.second.write("abc")
        #expect(try pair.second.sendOutOfBand(0x21) == .bytes(1))
        waitUntilReady(pair.first, POLLPRI)
        return pair
    }

    private static func fill(_ socket: borrowing Socket) throws {
        let chunk = [UInt8](repeating: 1, count: 65_536)
        let deadline = ContinuousClock.now + patience
        // What the peer's kernel has taken makes room again, a little later.
        repeat {
            while try socket.write(chunk.span) != .wouldBlock {}
            usleep(1000)
        } while clinux_poll_now(socket.fileDescriptor.rawValue, CShort(POLLOUT)) != 0 && ContinuousClock.now < deadline
    }
}
