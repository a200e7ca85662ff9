/// What a script can make. The kinds with two ends get two names.
package enum DescriptorKind: String, Hashable, Sendable, CaseIterable {
    /// Two connected sockets.
    case tcp
    /// A socket that was neither bound nor connected.
    case tcpUnconnected
    /// A socket that listens, on the loopback interface.
    case tcpListener
    /// Two connected sockets of the unix family.
    case unixStream, unixDatagram, unixSequentialPackets
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
        case .tcp, .unixStream, .unixDatagram, .unixSequentialPackets, .pipe, .udp: true
        case .tcpUnconnected, .tcpListener, .counter, .udpUnanswered, .file: false
        }
    }
}
