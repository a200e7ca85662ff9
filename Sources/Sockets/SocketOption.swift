internal import CLinux
internal import Glibc
internal import SystemPackage

/// One of a socket's options, with the type of its value (`socket(7)`, `tcp(7)`).
public struct SocketOption<Value: SocketOptionValue>: Sendable {
    let level: CInt
    let name: CInt
}

extension SocketOption where Value == Bool {
    /// Bind although connections of an earlier socket linger in TIME_WAIT (SO_REUSEADDR).
    public static var reuseAddress: Self { Self(level: SOL_SOCKET, name: SO_REUSEADDR) }
    /// Let several sockets bind the address (SO_REUSEPORT).
    public static var reusePort: Self { Self(level: SOL_SOCKET, name: SO_REUSEPORT) }
    /// Probe an idle connection for a dead peer (SO_KEEPALIVE).
    public static var keepAlive: Self { Self(level: SOL_SOCKET, name: SO_KEEPALIVE) }
    /// Out-of-band bytes stay in the stream (SO_OOBINLINE).
    public static var outOfBandInline: Self { Self(level: SOL_SOCKET, name: SO_OOBINLINE) }
    /// Send small segments at once (TCP_NODELAY).
    public static var noDelay: Self { Self(level: CInt(IPPROTO_TCP), name: TCP_NODELAY) }
    /// Allow datagrams to broadcast addresses (SO_BROADCAST).
    public static var broadcast: Self { Self(level: SOL_SOCKET, name: SO_BROADCAST) }
    /// An IPv6 socket takes no IPv4 traffic (IPV6_V6ONLY).
    public static var onlyIPv6: Self { Self(level: CInt(IPPROTO_IPV6), name: IPV6_V6ONLY) }
    /// Whether the socket listens; read only (SO_ACCEPTCONN).
    public static var isListening: Self { Self(level: SOL_SOCKET, name: SO_ACCEPTCONN) }
}

extension SocketOption where Value == Int {
    /// Bytes of the send buffer. The kernel doubles what is set and caps it (SO_SNDBUF).
    public static var sendBuffer: Self { Self(level: SOL_SOCKET, name: SO_SNDBUF) }
    /// Bytes of the receive buffer. The kernel doubles what is set and caps it (SO_RCVBUF).
    public static var receiveBuffer: Self { Self(level: SOL_SOCKET, name: SO_RCVBUF) }
    /// A stream is readable from this many bytes on (SO_RCVLOWAT).
    public static var receiveLowWater: Self { Self(level: SOL_SOCKET, name: SO_RCVLOWAT) }
    /// Always 1 on Linux, which refuses to set it: `unsupported` (SO_SNDLOWAT).
    public static var sendLowWater: Self { Self(level: SOL_SOCKET, name: SO_SNDLOWAT) }
    /// Seconds of idleness before the first keep-alive probe (TCP_KEEPIDLE).
    public static var keepAliveIdle: Self { Self(level: CInt(IPPROTO_TCP), name: TCP_KEEPIDLE) }
    /// Seconds between keep-alive probes (TCP_KEEPINTVL).
    public static var keepAliveInterval: Self { Self(level: CInt(IPPROTO_TCP), name: TCP_KEEPINTVL) }
    /// Unanswered probes until the connection counts as dead (TCP_KEEPCNT).
    public static var keepAliveCount: Self { Self(level: CInt(IPPROTO_TCP), name: TCP_KEEPCNT) }
    /// The pending error, which asking clears.
    static var pendingError: Self { Self(level: SOL_SOCKET, name: SO_ERROR) }
}

extension SocketOption where Value == Linger {
    /// What a close does with bytes not yet sent (SO_LINGER).
    public static var linger: Self { Self(level: SOL_SOCKET, name: SO_LINGER) }
}

/// What a close does with bytes not yet sent (`socket(7)`, SO_LINGER).
public enum Linger: Hashable, Sendable {
    /// The kernel sends them in the background: the default.
    case background
    /// A close waits this many seconds, 0 to 65,535; 0 resets the connection and drops them.
    case seconds(Int)
}

/// The types that the value of an option can have: `Bool`, `Int` and ``Linger``.
public protocol SocketOptionValue: Sendable {
    associatedtype CValue: BitwiseCopyable
    init(cValue: CValue)
    /// - Throws: `outOfRange` for a value that C cannot express.
    func cValue() throws(IOError) -> CValue
    static var cZero: CValue { get }
}

extension Bool: SocketOptionValue {
    public init(cValue: CInt) { self = cValue != 0 }
    public func cValue() -> CInt { self ? 1 : 0 }
    public static var cZero: CInt { 0 }
}

extension Int: SocketOptionValue {
    public init(cValue: CInt) { self = Int(cValue) }
    public func cValue() throws(IOError) -> CInt {
        guard let value = CInt(exactly: self) else {
            throw IOError("setsockopt", .outOfRange, detail: "\(self) does not fit 32 bits")
        }
        return value
    }
    public static var cZero: CInt { 0 }
}

extension Linger: SocketOptionValue {
    public init(cValue: SIMD2<CInt>) { self = cValue[0] == 0 ? .background : .seconds(Int(cValue[1])) }
    public func cValue() throws(IOError) -> SIMD2<CInt> {
        guard case .seconds(let seconds) = self else { return [0, 0] }
        guard (0...65_535).contains(seconds) else {
            throw IOError("setsockopt", .outOfRange, detail: "\(seconds) seconds of linger; 0 to 65535 are possible")
        }
        return [1, CInt(seconds)]
    }
    public static var cZero: SIMD2<CInt> { [0, 0] }
}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// Sets an option (`setsockopt(2)`).
    ///
    /// - Throws: `outOfRange` and `invalidArgument` for a value that the option cannot have, `unsupported` for an option
    ///   that the socket does not have or that cannot be set.
    public func set<Value>(_ option: SocketOption<Value>, to value: Value) throws(IOError) {
        let c = try value.cValue()
        let result = unsafe withUnsafeBytes(of: c) {
            unsafe clinux_setsockopt(number, option.level, option.name, $0.baseAddress, socklen_t($0.count))
        }
        try check("setsockopt", result)
    }

    /// The value of an option (`getsockopt(2)`).
    public func value<Value>(of option: SocketOption<Value>) throws(IOError) -> Value {
        var c = Value.cZero
        let result = unsafe withUnsafeMutableBytes(of: &c) { bytes in
            var length = socklen_t(bytes.count)
            return unsafe clinux_getsockopt(number, option.level, option.name, bytes.baseAddress, &length)
        }
        try check("getsockopt", result)
        return Value(cValue: c)
    }
}
