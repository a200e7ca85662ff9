/// What a script can make. The kinds with two ends get two names.
package enum DescriptorKind: String, Hashable, Sendable, CaseIterable {
    /// Two connected sockets.
    case tcp
    /// A socket that was neither bound nor connected.
    case tcpUnconnected
    /// A socket that listens, on the loopback interface.
    case tcpListener
    /// The same over IPv6, where the machine has it.
    case tcpIPv6, tcpIPv6Listener
    /// Two connected sockets of the unix family.
    case unixStream, unixDatagram, unixSequentialPackets
    /// A socket that listens, with a name that the kernel chose.
    case unixListener
    /// The end to read, then the end to write.
    case pipe
    /// An eventfd(2).
    case counter
    /// Two sockets that are connected to each other.
    case udp
    /// A socket connected to a port that nobody has.
    case udpUnanswered
    /// `/dev/null`, which never blocks and which epoll refuses.
    case file

    /// Whether making one gives two descriptors.
    package var hasTwoEnds: Bool {
        switch self {
        case .tcp, .tcpIPv6, .unixStream, .unixDatagram, .unixSequentialPackets, .pipe, .udp: true
        case .tcpUnconnected, .tcpListener, .tcpIPv6Listener, .unixListener, .counter, .udpUnanswered, .file: false
        }
    }

    /// What a connection from a listener is; `nil` for what does not listen.
    var connection: DescriptorKind? {
        switch self {
        case .tcpListener: .tcp
        case .tcpIPv6Listener: .tcpIPv6
        case .unixListener: .unixStream
        default: nil
        }
    }

    var isTCP: Bool { self == .tcp || self == .tcpIPv6 }
}
