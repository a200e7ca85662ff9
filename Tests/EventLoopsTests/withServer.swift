import EventLoops
import Sockets

/// Runs a server with a task a connection for as long as `body` takes; then it has five seconds to end.
func withServer(
    _ kind: EngineKind,
    options: ServerOptions = ServerOptions(),
    on address: SocketAddress = .loopback(port: 0),
    _ handler: @escaping @Sendable (TCPConnection) async throws -> Void,
    body: (TCPServer) async throws -> Void
) async throws {
    let server = try TCPServer(on: address, engine: kind.engine, options: options)
    let running = Task { try await server.run(handler) }
    defer { running.cancel() }
    try await body(server)
    server.shutDown(within: .seconds(5))
    try await running.value
}

/// As above, with a chunk handler.
func withChunkServer(
    _ kind: EngineKind,
    options: ServerOptions = ServerOptions(),
    on address: SocketAddress = .loopback(port: 0),
    _ handler: @escaping ChunkConnection.Handler,
    body: (TCPServer) async throws -> Void
) async throws {
    let server = try TCPServer(on: address, engine: kind.engine, options: options)
    let running = Task { try await server.run(handler) }
    defer { running.cancel() }
    try await body(server)
    server.shutDown(within: .seconds(5))
    try await running.value
}

/// Echoes with a task.
@Sendable
func echo(_ connection: TCPConnection) async throws {
    while let chunk = try await connection.read() {
        try await connection.write(chunk)
    }
}
