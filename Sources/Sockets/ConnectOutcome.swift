/// How far a non-blocking connect has come.
public enum ConnectOutcome: Hashable, Sendable {
    /// The connection stands.
    case connected
    /// The socket becomes writable when the outcome is known; then ask ``SocketHandle/finishConnecting()``.
    case inProgress
}
