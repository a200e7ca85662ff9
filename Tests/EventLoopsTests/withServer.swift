import EventLoops
import Sockets

/// Runs a server with a task a connection for as long as `body` takes; then its connections have a minute to end.
func withServer(
    _ kind: EngineKind,
    options: ServerOptions = ServerOptions(),
    on address: SocketAddress = .loopback(port: 0),
    _ handler: @escaping @Sendable (TCPConnection) async throws -> Void,
    body: (TCPServer) async throws -> Void
) async throws {
    let server = try TCPServer(on: address, engine: kind.engine, options: options)
    async let running: Void = server.run(handler)
    try await body(server)
    server.shutDown(within: .seconds(60))
    try await running
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
    async let running: Void = server.run(handler)
    try await body(server)
    server.shutDown(within: .seconds(60))
    try await running
}

/// As above, with a chunk handler that each connection makes for itself.
func withServer(
    _ kind: EngineKind,
    options: ServerOptions = ServerOptions(),
    eachConnection makeHandler: @escaping @Sendable (ChunkConnection) -> (Span<UInt8>) throws -> Void,
    body: (TCPServer) async throws -> Void
) async throws {
    let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine, options: options)
    async let running: Void = server.run(eachConnection: makeHandler)
    try await body(server)
    server.shutDown(within: .seconds(60))
    try await running
}

/// Echoes with a task.
@Sendable
func echo(_ connection: TCPConnection) async throws {
    while let chunk = try await connection.read() {
        try await connection.write(chunk)
    }
}
