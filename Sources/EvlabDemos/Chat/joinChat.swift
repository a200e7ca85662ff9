public import Readiness
public import Sockets
public import SystemPackage

/// The client of a chat room: what is typed goes to the room, what the room says is shown; one wait serves both.
///
/// If the output is a terminal, characters that would control it are left out of what the room says; into anything else every
/// byte is moved as it came.
///
/// It ends when the room closes the connection, or at SIGINT or SIGTERM. At the end of the input it has said all that it
/// will, and still shows what the room says.
///
/// - Throws: `connectionRefused`, `timedOut`, `unreachable`, `connectionReset` and what else a connection may fail with.
public func joinChat<Engine: EventEngine>(
    on engine: Engine,
    at address: SocketAddress,
    input: FileDescriptor = .standardInput,
    output: FileDescriptor = .standardOutput
) throws(IOError) {
    let client = try ChatClient(on: engine, at: address, from: input, to: output)
    try client.run()
}
