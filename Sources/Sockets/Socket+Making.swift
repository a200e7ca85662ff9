internal import CLinux

extension Socket {
    /// Two sockets of the unix family, connected to each other (`socketpair(2)`).
    public static func pair(_ kind: SocketKind = .stream) throws(IOError) -> SocketPair {
        var numbers: (CInt, CInt) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &numbers) { bytes in
            unsafe bytes.withMemoryRebound(to: CInt.self) { unsafe clinux_socketpair(kind.rawValue, $0.baseAddress) }
        }
        try check("socketpair", result)
        return SocketPair(first: Socket(number: numbers.0), second: Socket(number: numbers.1))
    }

    /// A socket bound to an address; a datagram socket is ready to receive (`bind(2)`).
    ///
    /// The file of a unix socket stays when the socket is closed. The next bind throws `addressInUse` then, with a detail
    /// that names the file, or replaces it (``BindOptions/replaceStaleSocket``).
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`.
    public static func bound(
        to address: SocketAddress,
        _ kind: SocketKind = .datagram,
        options: BindOptions = []
    ) throws(IOError) -> Socket {
        let socket = try Socket(address.family, kind)
        try options.apply(to: socket, family: address.family)
        do throws(IOError) {
            try socket.bind(to: address)
        } catch {
            try socket.bind(toOccupied: address, options, after: error)
        }
        return socket
    }

    /// A socket that listens; port 0 lets the kernel choose, and ``SocketHandle/localAddress()`` tells.
    ///
    /// `backlog` is capped by the kernel (`listen(2)`, `/proc/sys/net/core/somaxconn`).
    ///
    /// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`. The file of a unix socket is as with
    ///   ``bound(to:_:options:)``.
    public static func listening(
        on address: SocketAddress,
        kind: SocketKind = .stream,
        backlog: Int = 4096,
        options: BindOptions = .reuseAddress
    ) throws(IOError) -> Socket {
        let socket = try bound(to: address, kind, options: options)
        try socket.listen(backlog: backlog)
        return socket
    }

    /// A socket whose connect has been started; ``ConnectOutcome`` says whether it has finished.
    public static func connecting(
        to address: SocketAddress,
        _ kind: SocketKind = .stream
    ) throws(IOError) -> ConnectingSocket {
        let socket = try Socket(address.family, kind)
        let outcome = try socket.connect(to: address)
        return ConnectingSocket(socket: socket, outcome: outcome)
    }
}
