internal import ArgumentParser
internal import Sockets
internal import SystemPackage

/// Where a server listens.
struct ListeningPlace {
    let address: SocketAddress

    /// - Parameter host: a numeric address, or `localhost`.
    init(host: String, port: UInt16) throws(IOError) {
        address = try SocketAddress(host: host == "localhost" ? "127.0.0.1" : host, port: port)
    }

    /// A place as it is typed: a numeric address, or `localhost`, and a port.
    static func parse(_ text: String) throws(ValidationError) -> SocketAddress {
        let local = "localhost:"
        do throws(IOError) {
            return try SocketAddress(
                parsing: text.hasPrefix(local) ? "127.0.0.1:" + text.dropFirst(local.count) : text
            )
        } catch {
            throw ValidationError(error.detail)
        }
    }

    /// A socket that listens there. Its connections send small segments at once, like those of every server here:
    /// accepted sockets inherit the option.
    func listen() throws(CommandFailure) -> Socket {
        do throws(IOError) {
            let socket = try Socket.listening(on: address)
            try socket.set(.noDelay, to: true)
            return socket
        } catch {
            throw Self.failure(error, at: address.description, port: "--port")
        }
    }

    /// Says of servers that open their ports by themselves what ``listen()`` says of others.
    ///
    /// - Parameter port: where the port was named.
    static func explaining<Result>(port: String = "--port", _ serve: () throws -> Result) throws -> Result {
        do {
            return try serve()
        } catch let error as IOError where error.operation == "bind" {
            throw failure(error, at: error.detail, port: port)
        }
    }

    private static func failure(_ error: IOError, at place: String, port: String) -> CommandFailure {
        let reason = error.errno.map(\.description) ?? error.description
        return CommandFailure(description: "cannot listen on \(place): \(reason)\(remedy(for: error.code, port))")
    }

    private static func remedy(for code: IOError.Code, _ port: String) -> String {
        switch code {
        case .addressInUse: "; choose another \(port), or 0 for a free one"
        case .permissionDenied: "; choose a \(port) from 1024 on"
        case .addressNotAvailable: "; choose a --host that this machine has"
        default: ""
        }
    }
}
