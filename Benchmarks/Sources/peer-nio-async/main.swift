import CPeer
import Glibc
import NIOCore
import NIOPosix

/// An echo server on SwiftNIO's async channels: one thread for its loop, a task a connection.
typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

/// Sends back what comes until the client has shut its half; who breaks off ends its own task only.
@Sendable func echo(_ client: Client) async {
    do {
        try await client.executeThenClose { inbound, outbound in
            for try await bytes in inbound { try await outbound.write(bytes) }
        }
    } catch {
        client.channel.close(promise: nil)
    }
}

@Sendable func serve(_ listener: CInt) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .bind(listener) { channel in
            channel.eventLoop.makeCompletedFuture { try Client(wrappingChannelSynchronously: channel) }
        }
    peer_announce(listener)
    try await server.executeThenClose { clients in
        try await withThrowingDiscardingTaskGroup { tasks in
            for try await client in clients { tasks.addTask { await echo(client) } }
        }
    }
}

let listener = peer_listen()
Task.detached {
    do {
        try await serve(listener)
    } catch {
        print("cannot serve: \(error)")
        exit(1)
    }
}
peer_sleep()
