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
    /// The type of the socket, as `socket(2)` takes it.
    static var kind: Self { Self(level: SOL_SOCKET, name: SO_TYPE) }
}

extension SocketOption where Value == Linger {
    /// What a close does with bytes not yet sent (SO_LINGER).
    public static var linger: Self { Self(level: SOL_SOCKET, name: SO_LINGER) }
}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// Sets an option (`setsockopt(2)`).
    ///
    /// - Throws: `outOfRange` and `invalidArgument` for a value that the option cannot have, `unsupported` for an option
    ///   that the socket does not have or that cannot be set.
    public func set<Value>(_ option: SocketOption<Value>, to value: Value) throws(IOError) {
        let c = try value.optionValue()
        let result = unsafe withUnsafeBytes(of: c) {
            unsafe clinux_setsockopt(number, option.level, option.name, $0.baseAddress, socklen_t($0.count))
        }
        try check("setsockopt", result)
    }

    /// The value of an option (`getsockopt(2)`).
    public func value<Value>(of option: SocketOption<Value>) throws(IOError) -> Value {
        var c = Value.zeroOptionValue
        let result = unsafe withUnsafeMutableBytes(of: &c) { bytes in
            var length = socklen_t(bytes.count)
            return unsafe clinux_getsockopt(number, option.level, option.name, bytes.baseAddress, &length)
        }
        try check("getsockopt", result)
        return Value(optionValue: c)
    }
}
