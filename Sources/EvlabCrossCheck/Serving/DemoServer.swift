internal import Readiness
package import Sockets
internal import Synchronization
internal import SystemPackage

/// A demonstration that serves on a thread of its own.
package final class DemoServer: ScriptedServer, Sendable {
    private struct State {
        var isReady = false
        var outcome: Result<ServedTotals, any Error>?
    }

    package let address: SocketAddress
    private let state = Mutex(State())

    /// Small, so that a server soon has to wait for a client that does not read.
    private static let socketBuffer = 32 * 1024

    /// - Throws: `noDescriptors`, `busy` when there can be no more threads.
    package init(_ name: ServerName) throws(IOError) {
        let listener = try Socket.listening(on: .loopback(port: 0))
        // Accepted sockets inherit these. Without delay, for clients that leave it to their kernels when to acknowledge.
        try listener.set(.sendBuffer, to: Self.socketBuffer)
        try listener.set(.receiveBuffer, to: Self.socketBuffer)
        try listener.set(.noDelay, to: true)
        address = try listener.localAddress()
        let descriptor = listener.release()
        do throws(IOError) {
            try startThread { [self] in serve(name, descriptor) }
        } catch {
            _ = Descriptor(adopting: descriptor)
            throw error
        }
    }

    private func serve(_ name: ServerName, _ descriptor: FileDescriptor) {
        let outcome = Result { () throws -> ServedTotals in
            try name.serve(on: Socket(adopting: descriptor)) { [self] in
                state.withLock(of: self) { $0.isReady = true }
            }
        }
        state.withLock(of: self) { $0.outcome = outcome }
    }

    package var isReady: Bool { state.withLock(of: self) { $0.isReady } }

    package var outcome: Result<ServedTotals, any Error>? { state.withLock(of: self) { $0.outcome } }
}
