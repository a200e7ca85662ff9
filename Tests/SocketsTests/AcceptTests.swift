import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("Listening and accepting")
struct AcceptTests {
    @Test("nobody waits", arguments: Link.allCases)
    func nobody(_ link: Link) throws {
        let listener = try Socket.listening(on: link.freeAddress, kind: link.kind)
        let isNobody = try listener.accept() == nil
        #expect(isNobody)
        let listens = try listener.value(of: .isListening)
        #expect(listens)
    }

    @Test("a socket that does not listen, and one that never can, are typed errors")
    func notListening() throws {
        let stream = try Socket.bound(to: .loopback(port: 0), .stream)
        #expect(failure { () throws(IOError) in try stream.accept() }?.code == .invalidArgument)
        let datagram = try Socket.bound(to: .loopback(port: 0))
        #expect(failure { () throws(IOError) in try datagram.accept() }?.code == .unsupported)
        #expect(failure { () throws(IOError) in try datagram.listen(backlog: 1) }?.code == .unsupported)
    }

    @Test("fault 4: a client that resets before it is accepted", .bug(id: "reset-before-accept"), arguments: Link.tcp)
    func resetBeforeAccept(_ link: Link) throws {
        let listener = try Socket.listening(on: link.freeAddress)
        let client = try Socket.connecting(to: listener.localAddress()).intoSocket()
        wait(for: POLLIN, on: listener)
        try client.set(.linger, to: .seconds(0))
        client.close()
        guard let accepted = try listener.accept() else {
            Issue.record("the connection that was reset can be accepted")
            return
        }
        #expect(accepted.peer?.family == link.freeAddress.family)
        wait(for: POLLIN, on: accepted.socket)
        #expect(failure { () throws(IOError) in try accepted.socket.readOnce() }?.code == .connectionReset)
        let end = try accepted.socket.readOnce()
        #expect(end.outcome == .end)
    }

    @Test("fault 5: a burst of connections is accepted whole", .bug(id: "burst-of-connects"), arguments: Link.allCases)
    func burst(_ link: Link) throws {
        let listener = try Socket.listening(on: link.freeAddress, kind: link.kind)
        let address = try listener.localAddress()
        var clients: [FileDescriptor] = []
        for _ in 0..<100 { clients.append(try Socket.connecting(to: address, link.kind).intoSocket().release()) }
        var count = 0
        while count < 100, wait(for: POLLIN, on: listener) != 0 {
            while try listener.accept() != nil { count += 1 }
        }
        #expect(count == 100)
        for client in clients { try client.close() }
    }

    @Test("fault 39: the peer of a unix client without a name is unnamed; one with a name has it")
    func unixPeers() throws {
        let listener = try Socket.listening(on: .unnamedUnix)
        let address = try listener.localAddress()
        #expect(address != .unnamedUnix, "the kernel chose a name")
        let unnamed = try Socket.connecting(to: address)
        let first = try listener.accept()?.peer
        #expect(first == .unnamedUnix)
        let named = try Socket.bound(to: .unnamedUnix, .stream)
        let name = try named.localAddress()
        _ = try named.connect(to: address)
        let second = try listener.accept()?.peer
        #expect(second == name)
        #expect(unnamed.outcome == .connected)
    }

    @Test("fault 45: an address in use", arguments: Link.allCases)
    func inUse(_ link: Link) throws {
        let listener = try Socket.listening(on: link.freeAddress, kind: link.kind)
        let address = try listener.localAddress()
        let error = failure { () throws(IOError) in try Socket.listening(on: address, kind: link.kind) }
        #expect(error?.code == .addressInUse)
        #expect(error?.detail == address.description)
    }

    @Test("a unix address in a folder that does not exist")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        let nowhere = try SocketAddress.unix(path: folder.file("no/socket"))
        #expect(failure { () throws(IOError) in try Socket.listening(on: nowhere) }?.code == .notFound)
    }

    @Test("an address of another machine")
    func notOurs() {
        let error = failure { () throws(IOError) in try Socket.listening(on: .ipv4(192, 0, 2, 1, port: 0)) }
        #expect(error?.code == .addressNotAvailable)
    }

    @Test("several sockets share a port where each asks for it")
    func reusePort() throws {
        let first = try Socket.listening(on: .loopback(port: 0), options: [.reuseAddress, .reusePort])
        let address = try first.localAddress()
        #expect(failure { () throws(IOError) in try Socket.listening(on: address, options: .reusePort) } == nil)
        #expect(failure { () throws(IOError) in try Socket.listening(on: address) }?.code == .addressInUse)
    }

    @Test("an IPv6 listener takes IPv4, unless it is told not to")
    func dualStack() throws {
        let dual = try Socket.listening(on: .anyIPv6(port: 0))
        let port = try #require(try dual.localAddress().port)
        let client = try Socket.connecting(to: .loopback(port: port))
        wait(for: POLLIN, on: dual)
        let mapped = try dual.accept()?.peer?.description
        #expect(mapped?.hasPrefix("[::ffff:127.0.0.1]:") == true)

        // The port may be one that an IPv4 listener of another process has.
        let isFree = try (0..<20).contains { _ in
            let only = try Socket.listening(on: .anyIPv6(port: 0), options: [.reuseAddress, .onlyIPv6])
            let onlyPort = try #require(try only.localAddress().port)
            return failure { () throws(IOError) in try Socket.listening(on: .anyIPv4(port: onlyPort)) } == nil
        }
        #expect(isFree, "the IPv4 port is free")
        client.intoSocket().close()
    }

    @Test("a low port without the right to it", .enabled(if: lowestFreePort > 1))
    func noRight() async {
        await #expect(processExitsWith: .success) {
            if geteuid() == 0 { try #require(setuid(65_534) == 0) }
            let error = failure { () throws(IOError) in try Socket.listening(on: .loopback(port: 1)) }
            #expect(error?.code == .permissionDenied)
            #expect(error?.errno == .permissionDenied)
            #expect(error?.description == "bind: Permission denied: 127.0.0.1:1")
        }
    }

    static let lowestFreePort: Int = {
        let setting: FilePath = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
        guard let file = try? FileDescriptor.open(setting, .readOnly) else { return 0 }
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 16)
        let count = unsafe text.withUnsafeMutableBytes { unsafe (try? file.read(into: $0)) ?? 0 }
        return Int(String(decoding: text.prefix(count), as: UTF8.self).prefix { $0.isNumber }) ?? 0
    }()
}
