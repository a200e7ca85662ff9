package import CLinux
internal import Glibc

// The C form of an address: the only place that knows the layout of `sockaddr` and its kin.

extension SocketAddress {
    /// Calls `body` with the address as C functions take it; the pointer is valid during the call only.
    package func withSockAddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(IOError) -> Result
    ) throws(IOError) -> Result {
        var c = sockaddr_storage()
        let length = fill(&c)
        let outcome = unsafe withUnsafePointer(to: &c) { pointer -> Swift.Result<Result, IOError> in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                do throws(IOError) {
                    return .success(unsafe try body(address, length))
                } catch {
                    return .failure(error)
                }
            }
        }
        return try outcome.get()
    }

    private func fill(_ c: inout sockaddr_storage) -> socklen_t {
        switch storage {
        case .ipv4(let bytes, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = bytes.bigEndian
            return store(address, in: &c)
        case .ipv6(let high, let low, let port, let flow, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_flowinfo = flow.bigEndian
            address.sin6_scope_id = scope
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return store(address, in: &c)
        case .path(let name):
            return store(name, at: 0, in: &c) + 1
        case .abstract(let name):
            return store(name, at: 1, in: &c)
        case .unnamed:
            return store([], at: 0, in: &c)
        }
    }

    private func store<Address>(_ address: Address, in c: inout sockaddr_storage) -> socklen_t {
        unsafe withUnsafeMutableBytes(of: &c) { unsafe $0.storeBytes(of: address, as: Address.self) }
        return socklen_t(MemoryLayout<Address>.size)
    }

    /// `sun_path` begins directly after the family; the rest of the storage is zero already.
    private func store(_ name: [UInt8], at offset: Int, in c: inout sockaddr_storage) -> socklen_t {
        c.ss_family = sa_family_t(AF_UNIX)
        let start = MemoryLayout<sa_family_t>.size + offset
        unsafe withUnsafeMutableBytes(of: &c) { bytes in
            for (index, byte) in name.enumerated() { unsafe bytes[start + index] = byte }
        }
        return socklen_t(start + name.count)
    }

    /// The address that a system call wrote, or `nil` for a family that this package does not know and for a length that
    /// is too short for the family.
    package init?(_ c: sockaddr_storage, length: socklen_t) {
        switch AddressFamily(rawValue: CInt(c.ss_family)) {
        case .ipv4:
            guard Int(length) >= MemoryLayout<sockaddr_in>.size else { return nil }
            self.init(Self.load(c, as: sockaddr_in.self))
        case .ipv6:
            guard Int(length) >= MemoryLayout<sockaddr_in6>.size else { return nil }
            self.init(Self.load(c, as: sockaddr_in6.self))
        case .unix: self.init(.init(unixName: c, length: Int(length)))
        // A peer that has no address, such as a closed one's, comes with a length of zero.
        case nil where Int(length) <= MemoryLayout<sa_family_t>.size: self.init(.unnamed)
        case nil: return nil
        }
    }

    private static func load<Address>(_ c: sockaddr_storage, as type: Address.Type) -> Address {
        unsafe withUnsafeBytes(of: c) { unsafe $0.load(as: type) }
    }

    private init(_ address: sockaddr_in) {
        self.init(.ipv4(bytes: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port)))
    }

    private init(_ address: sockaddr_in6) {
        let (high, low) = unsafe withUnsafeBytes(of: address.sin6_addr) { bytes in
            unsafe (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self = .ipv6(
            high: high,
            low: low,
            port: UInt16(bigEndian: address.sin6_port),
            flow: UInt32(bigEndian: address.sin6_flowinfo),
            scope: address.sin6_scope_id
        )
    }
}

extension SocketAddress.Storage {
    /// The kernel counts a path with or without its NUL, and gives an unnamed socket the bare family.
    fileprivate init(unixName c: sockaddr_storage, length: Int) {
        let start = MemoryLayout<sa_family_t>.size
        let count = min(max(length - start, 0), SocketAddress.longestUnixName + 1)
        let name = unsafe withUnsafeBytes(of: c) { unsafe Array($0[start..<start + count]) }
        guard let first = name.first else {
            self = .unnamed
            return
        }
        self = first == 0 ? .abstract(Array(name.dropFirst())) : .path(Array(name.prefix { $0 != 0 }))
    }
}
