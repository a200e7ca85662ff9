internal import Sockets
internal import SystemPackage

/// A client and the server's end of its connection.
final class StaleGuest {
    let name: String
    private var client: Socket?
    private var server: Socket?

    /// - Throws: `noDescriptors`.
    init(_ name: String) throws(IOError) {
        self.name = name
        let pair = try Socket.pair()
        server = consume pair.first
        client = consume pair.second
    }

    /// The server's end, -1 once it is closed.
    var descriptor: FileDescriptor { server?.fileDescriptor ?? FileDescriptor(rawValue: -1) }

    var number: Int { Int(descriptor.rawValue) }

    /// The client sends something.
    func send(_ words: String) throws(IOError) {
        _ = try client?.write(Array(words.utf8).span)
    }

    /// The client ends the connection.
    func hangUp() {
        client = nil
    }

    /// The server reads what was sent.
    func read() throws(IOError) -> String {
        var buffer = [UInt8](repeating: 0, count: 100)
        var bytes = buffer.mutableSpan
        guard case .bytes(let count) = try server?.read(into: &bytes) else { return "" }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// The server ends the connection.
    func dismiss() {
        server = nil
    }
}
