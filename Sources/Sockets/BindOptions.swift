/// What is set on a socket before it is bound (`socket(7)`, `ipv6(7)`).
public struct BindOptions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Bind although connections of an earlier listener linger in TIME_WAIT (SO_REUSEADDR).
    public static let reuseAddress = BindOptions(rawValue: 1)
    /// Let several sockets listen on the address; the kernel spreads connections over them (SO_REUSEPORT). They may belong
    /// to several processes of one user.
    public static let reusePort = BindOptions(rawValue: 2)
    /// An IPv6 socket takes no IPv4 connections (IPV6_V6ONLY).
    public static let onlyIPv6 = BindOptions(rawValue: 4)
    /// Replace the file of a unix socket that no process uses any more, such as one that a crash left behind. A file that
    /// is in use or is not a socket is never replaced: `addressInUse`.
    ///
    /// The folder is locked meanwhile (`flock(2)`), which takes the permission to read it.
    public static let replaceStaleSocket = BindOptions(rawValue: 8)

    func apply(to socket: borrowing Socket, family: AddressFamily) throws(IOError) {
        if family != .unix {
            if contains(.reuseAddress) { try socket.set(.reuseAddress, to: true) }
            if contains(.reusePort) { try socket.set(.reusePort, to: true) }
        }
        if family == .ipv6 { try socket.set(.onlyIPv6, to: contains(.onlyIPv6)) }
    }
}
