package import Sockets

/// A server that clients with a script connect to. It serves until the process gets SIGTERM.
package protocol ScriptedServer: AnyObject {
    var address: SocketAddress { get }

    /// Whether a signal would be heeded.
    var isReady: Bool { get }

    /// How it ended; `nil` while it serves.
    var outcome: Result<ServedTotals, any Error>? { get }
}
