internal import EventLoops

/// A client's connection and its session.
///
/// Whatever the client asks for, little of the answer is made before the client has taken what was made earlier: the rest
/// waits as commands.
final class RespClient {
    private let connection: ChunkConnection
    private var session: RespSession

    init(_ connection: ChunkConnection, _ store: RespStore) {
        self.connection = connection
        session = RespSession(store)
    }

    func receive(_ chunk: Span<UInt8>) throws {
        if try session.receive(chunk, on: connection) { goOnWhenThereIsRoom() }
    }

    private func goOnWhenThereIsRoom() {
        connection.onRoom { [self] connection in
            if try session.goOn(on: connection) { goOnWhenThereIsRoom() }
        }
    }
}
