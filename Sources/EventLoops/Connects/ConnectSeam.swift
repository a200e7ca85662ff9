package import Sockets

/// What a connect asks of the system, so that a test can give its own answers.
package struct ConnectSeam: Sendable {
    package typealias Begin = @Sendable (SocketAddress) throws(IOError) -> ConnectingSocket

    let resolver: Resolver
    let begin: Begin

    /// - Parameters:
    ///   - resolver: looks host names up; that of the process unless given.
    ///   - begin: makes a socket and starts its connect.
    package init(
        resolver: Resolver? = nil,
        begin: @escaping Begin = { address throws(IOError) in try Socket.connecting(to: address) }
    ) {
        self.resolver = resolver ?? .shared
        self.begin = begin
    }
}
