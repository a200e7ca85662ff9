internal import Sockets
internal import SystemPackage

/// Where a server listens.
struct ListeningPlace {
    let address: SocketAddress

    /// - Parameter host: a numeric address, or `localhost`.
    init(host: String, port: UInt16) throws(IOError) {
        address = try SocketAddress(host: host == "localhost" ? "127.0.0.1" : host, port: port)
    }

    /// A socket that listens there. Its connections send small segments at once, like those of every server here:
    /// accepted sockets inherit the option.
    func listen() throws(CommandFailure) -> Socket {
        do throws(IOError) {
            let socket = try Socket.listening(on: address)
            try socket.set(.noDelay, to: true)
            return socket
        } catch {
            let reason = error.errno.map(\.description) ?? error.description
            throw CommandFailure(description: "cannot listen on \(address): \(reason)\(Self.remedy(for: error.code))")
        }
    }

    private static func remedy(for code: IOError.Code) -> String {
        switch code {
        case .addressInUse: "; choose another --port, or 0 for a free one"
        case .permissionDenied: "; choose a --port from 1024 on"
        case .addressNotAvailable: "; choose a --host that this machine has"
        default: ""
        }
    }
}
