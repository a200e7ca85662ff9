/// Where a socket is bound or connected: an IPv4 or IPv6 address with a port, or a unix socket's name.
///
/// As text: `127.0.0.1:9000`, `[::1]:9000`, `[fe80::1%eth0]:9000`, `unix:/run/name.sock`, `unix:@abstract`, and `unix:`
/// for a unix socket without a name. In a unix name a backslash, any byte that is not printable ASCII, and the `@` that
/// begins a path are written `\xNN`. The flow label of IPv6 is not part of the text.
public struct SocketAddress: Hashable, Sendable {
    enum Storage: Hashable, Sendable {
        case ipv4(bytes: UInt32, port: UInt16)
        case ipv6(high: UInt64, low: UInt64, port: UInt16, flow: UInt32, scope: UInt32)
        case path([UInt8])
        case abstract([UInt8])
        case unnamed
    }

    let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// The most bytes that a unix socket's path or abstract name may have (`unix(7)`).
    public static let longestUnixName = 107

    /// An IPv4 address from its four bytes in the order in which they are written.
    public static func ipv4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, port: UInt16) -> SocketAddress {
        SocketAddress(.ipv4(bytes: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d), port: port))
    }

    /// An IPv6 address from its two halves, most significant first; `scope` is the index of an interface, or 0.
    public static func ipv6(
        high: UInt64,
        low: UInt64,
        port: UInt16,
        flow: UInt32 = 0,
        scope: UInt32 = 0
    ) -> SocketAddress {
        SocketAddress(.ipv6(high: high, low: low, port: port, flow: flow, scope: scope))
    }

    /// 127.0.0.1. Port 0 lets the kernel choose.
    public static func loopback(port: UInt16) -> SocketAddress {
        .ipv4(127, 0, 0, 1, port: port)
    }

    /// ::1. Port 0 lets the kernel choose.
    public static func loopbackIPv6(port: UInt16) -> SocketAddress {
        .ipv6(high: 0, low: 1, port: port)
    }

    /// Every IPv4 address of this machine, 0.0.0.0.
    public static func anyIPv4(port: UInt16) -> SocketAddress {
        .ipv4(0, 0, 0, 0, port: port)
    }

    /// Every address of this machine, ::.
    public static func anyIPv6(port: UInt16) -> SocketAddress {
        .ipv6(high: 0, low: 0, port: port)
    }

    /// A unix socket in the file system: 1 to 107 bytes without a NUL.
    public static func unix(path: String) throws(IOError) -> SocketAddress {
        SocketAddress(.path(try validated(Array(path.utf8), allowsZero: false)))
    }

    /// A unix socket in Linux's abstract namespace: 1 to 107 bytes of any value, without the leading NUL.
    public static func unix(abstract name: [UInt8]) throws(IOError) -> SocketAddress {
        SocketAddress(.abstract(try validated(name, allowsZero: true)))
    }

    /// A unix socket in Linux's abstract namespace: 1 to 107 bytes.
    public static func unix(abstract name: String) throws(IOError) -> SocketAddress {
        try unix(abstract: Array(name.utf8))
    }

    /// A unix socket without a name. Bound to it, a socket gets an abstract name that the kernel chooses (`unix(7)`,
    /// autobind), as port 0 does for the others.
    public static let unnamedUnix = SocketAddress(.unnamed)

    private static func validated(_ name: [UInt8], allowsZero: Bool) throws(IOError) -> [UInt8] {
        guard !name.isEmpty, name.count <= longestUnixName else {
            throw IOError(
                "SocketAddress",
                .invalidAddress,
                detail: "a unix socket's name has 1 to \(longestUnixName) bytes, not \(name.count)"
            )
        }
        guard allowsZero || !name.contains(0) else {
            throw IOError("SocketAddress", .invalidAddress, detail: "a path cannot contain a NUL")
        }
        return name
    }

    /// The family of sockets that take the address.
    public var family: AddressFamily {
        switch storage {
        case .ipv4: .ipv4
        case .ipv6: .ipv6
        case .path, .abstract, .unnamed: .unix
        }
    }

    /// The port, or `nil` for a unix socket.
    public var port: UInt16? {
        switch storage {
        case .ipv4(_, let port), .ipv6(_, _, let port, _, _): port
        case .path, .abstract, .unnamed: nil
        }
    }

    /// The same address with another port; a unix address is returned as it is.
    public func with(port: UInt16) -> SocketAddress {
        switch storage {
        case .ipv4(let bytes, _): SocketAddress(.ipv4(bytes: bytes, port: port))
        case .ipv6(let high, let low, _, let flow, let scope):
            .ipv6(high: high, low: low, port: port, flow: flow, scope: scope)
        case .path, .abstract, .unnamed: self
        }
    }

    /// Whether two addresses name the same end of a connection. A flow label, which only one of them may have, does not
    /// count.
    func isSameEnd(as other: SocketAddress) -> Bool {
        guard case .ipv6(let high, let low, let port, _, let scope) = storage else { return self == other }
        guard case .ipv6(let otherHigh, let otherLow, let otherPort, _, let otherScope) = other.storage else {
            return false
        }
        return (high, low, port, scope) == (otherHigh, otherLow, otherPort, otherScope)
    }

    /// The path of a unix socket in the file system, to remove it after use; `nil` for other addresses, and for a path
    /// that is not UTF-8.
    public var path: String? {
        guard case .path(let bytes) = storage else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
