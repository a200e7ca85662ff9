import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

/// How two sockets of a test are connected.
enum Link: String, CaseIterable, Codable, Sendable {
    case tcpIPv4, tcpIPv6, unixStream, unixSequentialPackets

    static let streams: [Link] = [.tcpIPv4, .tcpIPv6, .unixStream]
    static let tcp: [Link] = [.tcpIPv4, .tcpIPv6]

    var kind: SocketKind { self == .unixSequentialPackets ? .sequentialPackets : .stream }

    var freeAddress: SocketAddress {
        switch self {
        case .tcpIPv4: .loopback(port: 0)
        case .tcpIPv6: .loopbackIPv6(port: 0)
        case .unixStream, .unixSequentialPackets: .unnamedUnix
        }
    }
}

/// RLIMIT_NOFILE as getrlimit(2) takes it.
let descriptorLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

/// POLLRDHUP: the peer has shut its writing half. Swift's Glibc module lacks it.
let pollReadHangUp: CInt = 0x2000

/// Both ends of a connection that went through a listener.
struct Connection: ~Copyable {
    var client: Socket
    var server: Socket

    /// The client alone; the server's end closes.
    consuming func closeServer() -> Socket {
        server.close()
        return client
    }
}

func connection(_ link: Link) throws -> Connection {
    let listener = try Socket.listening(on: link.freeAddress, kind: link.kind)
    let client = try Socket.connecting(to: listener.localAddress(), link.kind).intoSocket()
    wait(for: POLLIN, on: listener)
    let accepted = try #require(try listener.accept()?.intoSocket().release())
    wait(for: POLLOUT, on: client)
    return Connection(client: client, server: try Socket(adopting: accepted))
}

/// Waits until poll(2) reports something for `events`; a wait of a minute is a failure.
@discardableResult
func wait(
    for events: CInt,
    on holder: borrowing some DescriptorHolder & ~Copyable,
    sourceLocation: SourceLocation = #_sourceLocation
) -> CInt {
    let number = holder.fileDescriptor.rawValue
    var request = pollfd(fd: number, events: CShort(events), revents: 0)
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if unsafe poll(&request, 1, 1000) == 1 { return CInt(request.revents) }
    }
    Issue.record("descriptor \(number) was not ready for \(events) in time", sourceLocation: sourceLocation)
    return 0
}

/// The error that `body` throws, or `nil`.
func failure<Result: ~Copyable>(_ body: () throws(IOError) -> Result) -> IOError? {
    do throws(IOError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

extension SocketHandle where Self: ~Copyable {
    /// One read of at most `count` bytes; the bytes when there were some.
    func readOnce(upTo count: Int = 65_536) throws(IOError) -> (outcome: ReadOutcome, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let outcome = try read(into: &span)
        guard case .bytes(let read) = outcome else { return (outcome, []) }
        return (outcome, Array(bytes.prefix(read)))
    }

    /// Everything up to the end of the stream.
    func readToEnd() throws(IOError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let (outcome, bytes) = try readOnce()
            switch outcome {
            case .bytes: all += bytes
            case .wouldBlock: wait(for: POLLIN, on: self)
            case .end: return all
            }
        }
    }

    func write(_ bytes: [UInt8]) throws(IOError) -> WriteOutcome {
        try write(bytes.span)
    }

    /// Writes until the socket takes no more; how many bytes it took.
    func fill() throws(IOError) -> Int {
        let piece = [UInt8](repeating: 7, count: 65_536)
        var total = 0
        while case .bytes(let count) = try write(piece.span) { total += count }
        return total
    }

    func receiveOne(upTo count: Int = 2048) throws(IOError) -> (datagram: ReceivedDatagram?, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let datagram = try receive(into: &span)
        return (datagram, Array(bytes.prefix(datagram?.count ?? 0)))
    }
}

/// A directory for the unix sockets of one test; it goes when the value does.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        guard let template = unsafe strdup("/tmp/sockets-XXXXXX"), unsafe mkdtemp(template) != nil else {
            throw IOError("mkdtemp", .system)
        }
        path = unsafe String(cString: template)
        unsafe free(template)
    }

    func file(_ name: String) -> String { path + "/" + name }

    deinit {
        if let folder = unsafe opendir(path) {
            while let entry = unsafe readdir(folder) {
                // Names end within the array; "." and ".." are directories, which unlink refuses.
                let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
                unsafe unlink(file(String(decoding: name, as: UTF8.self)))
            }
            unsafe closedir(folder)
        }
        unsafe rmdir(path)
    }
}
