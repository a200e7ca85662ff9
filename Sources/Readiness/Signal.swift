internal import Glibc

/// A signal (`signal(7)`).
public struct Signal: RawRepresentable, Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) {
        self.rawValue = rawValue
    }

    public static let alarm = Signal(rawValue: SIGALRM)
    public static let child = Signal(rawValue: SIGCHLD)
    public static let kill = Signal(rawValue: SIGKILL)
    public static let hangUp = Signal(rawValue: SIGHUP)
    public static let interrupt = Signal(rawValue: SIGINT)
    public static let quit = Signal(rawValue: SIGQUIT)
    public static let terminate = Signal(rawValue: SIGTERM)
    public static let urgent = Signal(rawValue: SIGURG)
    public static let user1 = Signal(rawValue: SIGUSR1)
    public static let user2 = Signal(rawValue: SIGUSR2)
    public static let windowChange = Signal(rawValue: SIGWINCH)
}
