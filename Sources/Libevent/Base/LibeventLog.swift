internal import CLibevent
internal import Glibc
internal import Readiness
internal import Synchronization

/// What libevent has to say beside the errors that it returns. Nothing is printed unless a handler does it: failures reach
/// the caller as typed errors.
public enum LibeventLog {
    /// How serious a message is.
    public enum Severity: Int32, Hashable, Sendable, Comparable {
        case debug, message, warning, error

        public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    }

    /// Called on the thread that libevent speaks from, inside its call: it must not use libevent.
    public typealias Handler = @Sendable (Severity, String) -> Void

    private final class Keeper: Sendable {
        private let kept = Mutex<Handler?>(nil)

        var handler: Handler? {
            get { kept.withLock(of: self) { $0 } }
            set { kept.withLock(of: self) { $0 = newValue } }
        }
    }

    private static let keeper = Keeper()

    /// Sets the handler for the whole process; `nil` drops the messages. The C function is `event_set_log_callback`.
    public static func setHandler(_ newHandler: Handler?) {
        install()
        keeper.handler = newHandler
    }

    /// Takes the messages away from standard error; done before the first base is made.
    static func install() {
        installed
    }

    private static let installed: Void = unsafe event_set_log_callback { severity, text in
        // Libevent tells of a failure before its caller has read why.
        let reason = errno
        defer { errno = reason }
        guard let handler = keeper.handler, let text = unsafe text else { return }
        unsafe handler(Severity(rawValue: severity) ?? .message, String(cString: text))
    }
}
