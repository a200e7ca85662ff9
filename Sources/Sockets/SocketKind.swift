internal import CLinux
internal import Glibc

/// The type of a socket (`socket(2)`).
public enum SocketKind: Hashable, Sendable, CaseIterable {
    /// A stream of bytes: TCP or a unix stream.
    case stream
    /// Single messages: UDP or unix datagrams.
    case datagram
    /// Messages in order over a connection; unix sockets only.
    case sequentialPackets

    var rawValue: CInt {
        switch self {
        case .stream: CInt(bitPattern: SOCK_STREAM.rawValue)
        case .datagram: CInt(bitPattern: SOCK_DGRAM.rawValue)
        case .sequentialPackets: CInt(bitPattern: SOCK_SEQPACKET.rawValue)
        }
    }
}
