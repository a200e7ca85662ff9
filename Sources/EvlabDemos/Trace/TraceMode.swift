public import Readiness

/// How a trace watches its socket.
public enum TraceMode: String, CaseIterable, Hashable, Sendable {
    case level = "lt"
    case edge = "et"
    case levelOneShot = "lt-oneshot"
    case edgeOneShot = "et-oneshot"

    public var trigger: Trigger {
        switch self {
        case .level: .level
        case .edge: .edge
        case .levelOneShot: .levelOneShot
        case .edgeOneShot: .edgeOneShot
        }
    }

    /// Its name in a sentence.
    var name: String {
        switch self {
        case .level: "level-triggered"
        case .edge: "edge-triggered"
        case .levelOneShot: "level-triggered, one-shot"
        case .edgeOneShot: "edge-triggered, one-shot"
        }
    }

    /// What the kernel is asked for (`epoll_ctl(2)`).
    var flags: String {
        "EPOLLIN" + (trigger.isEdge ? " | EPOLLET" : "") + (trigger.isOneShot ? " | EPOLLONESHOT" : "")
    }
}
