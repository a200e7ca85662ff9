import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("SocketAddress as C takes it")
struct SocketAddressCTests {
    @Test(
        "there and back",
        arguments: [
            ("1.2.3.4:5678", 16), ("[2001:db8::1]:65535", 28), ("[fe80::1%77]:1", 28), ("unix:/a", 5), ("unix:@a", 4),
            ("unix:@\\x00\\x00", 5), ("unix:", 2),
        ]
    )
    func roundTrip(_ text: String, _ length: Int) throws {
        let address = try SocketAddress(parsing: text)
        let (copy, copyLength) = try copied(address)
        #expect(copyLength == socklen_t(length))
        #expect(SocketAddress(copy, length: copyLength) == address)
    }

    private func copied(_ address: SocketAddress) throws -> (sockaddr_storage, socklen_t) {
        try unsafe address.withSockAddr { (pointer, length) throws(IOError) in
            var copy = sockaddr_storage()
            unsafe withUnsafeMutableBytes(of: &copy) {
                unsafe $0.copyMemory(from: .init(start: pointer, count: Int(length)))
            }
            return (copy, length)
        }
    }

    @Test("the flow label and the scope travel", .bug(id: "lost-scope"))
    func flow() throws {
        let address = SocketAddress.ipv6(high: 1 << 63, low: 9, port: 8, flow: 0x12345, scope: 3)
        let (copy, length) = try copied(address)
        #expect(SocketAddress(copy, length: length) == address)
    }

    @Test("a path counts with or without its NUL")
    func pathLengths() throws {
        let address = try SocketAddress.unix(path: "/abc")
        let (copy, length) = try copied(address)
        #expect(length == 7)
        #expect(SocketAddress(copy, length: 6) == address)
        #expect(SocketAddress(copy, length: 110) == address)
        #expect(SocketAddress(copy, length: 2) == .unnamedUnix)
    }

    @Test("lengths that do not fit the family, and unknown families", arguments: [0, 1, 2, 15] as [socklen_t])
    func odd(_ length: socklen_t) throws {
        let (four, _) = try copied(.loopback(port: 1))
        #expect(SocketAddress(four, length: length) == nil)
        let (six, _) = try copied(.loopbackIPv6(port: 1))
        #expect(SocketAddress(six, length: 27) == nil)
        var unknown = sockaddr_storage()
        #expect(SocketAddress(unknown, length: 0) == .unnamedUnix)
        unknown.ss_family = sa_family_t(AF_NETLINK)
        #expect(SocketAddress(unknown, length: 12) == nil)
    }

    @Test("an absurd length reads no byte beyond the storage")
    func absurdLength() {
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            for index in bytes.indices { unsafe bytes[index] = UInt8(ascii: "p") }
        }
        storage.ss_family = sa_family_t(AF_UNIX)
        #expect(SocketAddress(storage, length: .max)?.path?.utf8.count == 108)
    }

    @Test("a path of 108 bytes, which the kernel allows without a NUL, is taken from the kernel")
    func fullPath() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + String(repeating: "p", count: 108 - folder.path.utf8.count - 1)
        let socket = try Socket(.unix)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(socket.fileDescriptor.rawValue, $0, 110)
            }
        }
        try #require(result == 0)
        #expect(try socket.localAddress().path == path)
    }
}
