public import CLinux
internal import Glibc
public import SystemPackage

/// What can be done with an open socket, whoever owns it.
///
/// Nothing here blocks: where the kernel would make the caller wait, the outcome says so. A call that a signal
/// interrupts is repeated.
public protocol SocketHandle: ByteHandle, ~Copyable, ~Escapable {}

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    var number: CInt { fileDescriptor.rawValue }

    // MARK: Connecting and listening

    /// Gives the socket its local address (`bind(2)`).
    public func bind(to address: SocketAddress) throws(IOError) {
        let result = try unsafe address.withSockAddr { unsafe clinux_bind(number, $0, $1) }
        try check("bind", result, detail: address.description)
    }

    /// Starts to take connections (`listen(2)`).
    public func listen(backlog: Int) throws(IOError) {
        try check("listen", clinux_listen(number, CInt(clamping: backlog)))
    }

    /// Starts to connect (`connect(2)`). On a datagram socket it only fixes the peer.
    ///
    /// - Throws: what is known at once: `connectionRefused` (unix; TCP as ``finishConnecting()`` says), `notFound`,
    ///   `unreachable`, `permissionDenied`; `busy` when the listener's queue of a unix socket is full. The connect has not
    ///   begun then, and the socket does not become ready for it: call this again later.
    public func connect(to address: SocketAddress) throws(IOError) -> ConnectOutcome {
        let result = try unsafe address.withSockAddr { unsafe clinux_connect(number, $0, $1) }
        // After a signal the connection goes on by itself, as after EINPROGRESS.
        if result == -EINPROGRESS || result == -EINTR { return .inProgress }
        try check("connect", result, detail: IOError.detail(ofConnectTo: address, result))
        if address.port != nil { try hasOtherPeer() }
        return .connected
    }

    /// The outcome of a connect, known once the socket is writable. It reads the pending error, which clears it.
    ///
    /// A TCP socket can connect to itself: when no process listens at a local port, the kernel may choose that port as the
    /// port of this end. Such a connection is reported as refused; closing the socket frees the port at once.
    ///
    /// - Throws: `connectionRefused`, `timedOut`, `unreachable` and what else `connect(2)` names; `notConnected` when no
    ///   connect is under way, so also when the error has been read before.
    public func finishConnecting() throws(IOError) -> ConnectOutcome {
        if try isConnected() { return .connected }
        // While a connect is under way the socket reports nothing at all.
        guard try checked("poll", clinux_poll_now(number, CShort(POLLOUT))) != 0 else { return .inProgress }
        // It may have come to its end between the two.
        if try isConnected() { return .connected }
        // And the connection may have been reset since, which leaves an error.
        throw IOError("connect", errno: try pendingError() ?? .socketNotConnected)
    }

    private func isConnected() throws(IOError) -> Bool {
        if let error = try pendingError() { throw IOError("connect", errno: error) }
        return try hasOtherPeer()
    }

    /// Whether the socket has a peer; a connection that was reset meanwhile has none any more.
    ///
    /// - Throws: `connectionRefused` when it is a TCP connection whose two ends are equal.
    @discardableResult
    package func hasOtherPeer() throws(IOError) -> Bool {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var peer = sockaddr_storage()
        let result = unsafe clinux_getpeername(number, &peer, &length)
        if result == -ENOTCONN { return false }
        try check("getpeername", result)
        try refuseItself(as: SocketAddress(peer, length: length))
        return true
    }

    /// A datagram socket may send to itself.
    private func refuseItself(as peer: SocketAddress?) throws(IOError) {
        guard let peer, peer.port != nil, try localAddress().isSameEnd(as: peer) else { return }
        guard try value(of: .kind) == Int(SocketKind.stream.rawValue) else { return }
        // An orderly close would keep the port for a minute, from a server too.
        try set(.linger, to: .seconds(0))
        let detail = "\(peer): the socket was connected to itself, because no process listens at the port"
        throw IOError("connect", .connectionRefused, detail: detail)
    }

    /// The next waiting connection, or `nil` when none waits (`accept4(2)`).
    ///
    /// Connections that failed while they waited are passed over (ECONNABORTED, EPROTO and the errors of the network that
    /// `accept(2)` names).
    ///
    /// - Throws: `noDescriptors`, `noMemory` and other failures of the process or the system; `unsupported` for a socket
    ///   that has no connections, `invalidArgument` for one that does not listen.
    public func accept() throws(IOError) -> AcceptedSocket? {
        var peer = sockaddr_storage()
        var length: socklen_t = 0
        while true {
            let result = unsafe clinux_accept(number, &peer, &length)
            switch result {
            case 0...: return AcceptedSocket(socket: Socket(number: result), peer: SocketAddress(peer, length: length))
            case -EAGAIN: return nil
            case -ECONNABORTED, -EPROTO: continue
            // Errors of the network that were pending on the new connection. EOPNOTSUPP is not among them: a datagram
            // socket gives it at every call.
            case -ENETDOWN, -ENOPROTOOPT, -EHOSTDOWN, -ENONET, -EHOSTUNREACH, -ENETUNREACH: continue
            default: throw IOError("accept4", errno: Errno(rawValue: -result))
            }
        }
    }

    // MARK: Streams

    /// Writes as much as the socket's buffer takes (`send(2)`). Never raises SIGPIPE.
    ///
    /// - Throws: `brokenPipe` or `connectionReset` when nobody will read it.
    @inlinable
    public func write(_ bytes: Span<UInt8>) throws(IOError) -> WriteOutcome {
        let number = fileDescriptor.rawValue
        let result = unsafe bytes.withUnsafeBytes { unsafe clinux_send_quietly(number, $0.baseAddress, $0.count) }
        return result >= 0 ? .bytes(result) : try writeNothing("send", result)
    }

    /// Writes two pieces in one call, such as a header and its body, as much as the socket's buffer takes
    /// (`sendmsg(2)`). Never raises SIGPIPE. On a datagram socket they make one datagram.
    ///
    /// - Throws: as ``write(_:)``.
    @inlinable
    public func write(_ first: Span<UInt8>, _ second: Span<UInt8>) throws(IOError) -> WriteOutcome {
        let number = fileDescriptor.rawValue
        let result = unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                unsafe clinux_send_pair(number, first.baseAddress, first.count, second.baseAddress, second.count)
            }
        }
        return result >= 0 ? .bytes(result) : try writeNothing("sendmsg", result)
    }

    /// Ends one direction of the connection, or both (`shutdown(2)`).
    public func shutDown(_ half: Half) throws(IOError) {
        let how =
            switch half {
            case .reading: SHUT_RD
            case .writing: SHUT_WR
            case .both: SHUT_RDWR
            }
        try check("shutdown", clinux_shutdown(number, CInt(how)))
    }

    /// How many bytes a read would find now (`ioctl(2)`, FIONREAD).
    public func bytesReadable() throws(IOError) -> Int {
        Int(try checked("ioctl", clinux_bytes_readable(number)))
    }

    // MARK: Out-of-band data

    /// Sends one byte out of band (`send(2)`, MSG_OOB). TCP only.
    public func sendOutOfBand(_ byte: UInt8) throws(IOError) -> WriteOutcome {
        var byte = byte
        let flags = CInt(MSG_OOB) | CInt(MSG_NOSIGNAL)
        return try writeOutcome("send", unsafe clinux_send(number, &byte, 1, flags))
    }

    /// The out-of-band byte, or `nil` when it has not arrived yet (`recv(2)`, MSG_OOB).
    ///
    /// - Throws: `invalidArgument` when none is pending, or when it comes in line.
    public func receiveOutOfBand() throws(IOError) -> UInt8? {
        var byte: UInt8 = 0
        let result = unsafe clinux_recv(number, &byte, 1, CInt(MSG_OOB))
        if result > 0 { return byte }
        guard result < 0, result != -Int(EAGAIN) else { return nil }
        throw IOError("recv", errno: Errno(rawValue: CInt(-result)))
    }

    /// Whether the next byte to read is the one at the out-of-band mark (`sockatmark(3)`).
    public func isAtOutOfBandMark() throws(IOError) -> Bool {
        try checked("sockatmark", clinux_at_mark(number)) != 0
    }

    // MARK: Datagrams

    /// One datagram, or `nil` when none waits (`recvmsg(2)`).
    ///
    /// The end of a sequential-packet connection comes as a datagram of 0 bytes, like an empty message.
    /// `read(into:)` tells the two apart.
    ///
    /// - Throws: `connectionRefused` when an earlier datagram of a connected socket found nobody; the socket lives on.
    public func receive(into buffer: inout MutableSpan<UInt8>) throws(IOError) -> ReceivedDatagram? {
        var sender = sockaddr_storage()
        var length: socklen_t = 0
        var flags: CInt = 0
        let result = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe clinux_receive_message(number, bytes.baseAddress, bytes.count, &flags, &sender, &length)
        }
        guard result != -Int(EAGAIN) else { return nil }
        guard result >= 0 else { throw IOError("recvmsg", errno: Errno(rawValue: CInt(-result))) }
        return ReceivedDatagram(
            count: result,
            sender: length == 0 ? nil : SocketAddress(sender, length: length),
            isTruncated: flags & CInt(MSG_TRUNC) != 0
        )
    }

    /// Sends one datagram to an address (`sendto(2)`).
    ///
    /// - Throws: `outOfRange` when it is too long for one datagram (EMSGSIZE is never split), `unreachable`.
    public func send(_ bytes: Span<UInt8>, to address: SocketAddress) throws(IOError) -> WriteOutcome {
        let result = try unsafe address.withSockAddr { (pointer, length) throws(IOError) in
            unsafe bytes.withUnsafeBytes {
                unsafe clinux_sendto(number, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL), pointer, length)
            }
        }
        guard result != -Int(EMSGSIZE) else {
            throw IOError("sendto", errno: .messageTooLong, detail: "\(bytes.count) bytes in one datagram")
        }
        return try writeOutcome("sendto", result)
    }

    // MARK: Asking

    /// The error that waits on the socket, which asking clears (`socket(7)`, SO_ERROR).
    public func pendingError() throws(IOError) -> Errno? {
        let error = try value(of: .pendingError)
        return error == 0 ? nil : Errno(rawValue: CInt(error))
    }

    /// The address that the socket is bound to (`getsockname(2)`).
    public func localAddress() throws(IOError) -> SocketAddress {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try check("getsockname", unsafe clinux_getsockname(number, &address, &length))
        return try known(SocketAddress(address, length: length), "getsockname")
    }

    /// The address of the peer (`getpeername(2)`).
    ///
    /// - Throws: `notConnected`.
    public func peerAddress() throws(IOError) -> SocketAddress {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try check("getpeername", unsafe clinux_getpeername(number, &address, &length))
        return try known(SocketAddress(address, length: length), "getpeername")
    }

    /// Makes the socket block, or not. For demonstrations of what blocking does: everything else here assumes
    /// non-blocking sockets.
    public func setBlocking(_ blocks: Bool) throws(IOError) {
        let flags = try checked("fcntl", clinux_get_status_flags(number))
        try check("fcntl", clinux_set_status_flags(number, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK))
    }

    private func known(_ address: SocketAddress?, _ operation: IOError.Operation) throws(IOError) -> SocketAddress {
        guard let address else {
            throw IOError(operation, .unsupported, detail: "the socket is of a family that is not known here")
        }
        return address
    }
}
