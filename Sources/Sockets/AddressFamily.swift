internal import Glibc

/// The protocol family of a socket or an address (`socket(2)`).
public enum AddressFamily: Hashable, Sendable, CaseIterable {
    case ipv4, ipv6, unix

    var rawValue: CInt {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    init?(rawValue: CInt) {
        switch rawValue {
        case AF_INET: self = .ipv4
        case AF_INET6: self = .ipv6
        case AF_UNIX: self = .unix
        default: return nil
        }
    }
}
