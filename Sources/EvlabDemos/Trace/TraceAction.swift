internal import Sockets

/// One step of a trace's script.
public enum TraceAction: Hashable, Sendable {
    /// The peer writes so many bytes at once.
    case write(Int)
    /// One read takes so many bytes at most.
    case read(Int)
    /// Reads until a read would block.
    case drain
    /// Asks epoll what is ready, without waiting.
    case wait
    /// Arms the registration anew (EPOLL_CTL_MOD).
    case rearm
    /// The peer shuts its writing half.
    case end

    /// Whether the peer does it.
    var isOfPeer: Bool {
        switch self {
        case .write, .end: true
        case .read, .drain, .wait, .rearm: false
        }
    }

    /// - Throws: `invalidArgument` for a word that is no action, `outOfRange` for a count that none can have.
    init(word: Substring) throws(IOError) {
        switch word {
        case "wait": self = .wait
        case "drain": self = .drain
        case "rearm": self = .rearm
        case "end": self = .end
        default: self = try Self.counted(word)
        }
    }

    private static func counted(_ word: Substring) throws(IOError) -> TraceAction {
        guard let letter = word.first, letter == "w" || letter == "r", let count = Int(word.dropFirst()) else {
            throw IOError(
                "script",
                .invalidArgument,
                detail: "'\(word)' is no step: use wN, rN, drain, wait, rearm or end, N being a number of bytes"
            )
        }
        guard (1...TraceScript.mostBytes).contains(count) else {
            throw IOError("script", .outOfRange, detail: "'\(word)': use 1 to \(TraceScript.mostBytes) bytes")
        }
        return letter == "w" ? .write(count) : .read(count)
    }
}

extension TraceAction: CustomStringConvertible {
    public var description: String {
        switch self {
        case .write(let count): "write \(count)"
        case .read(let count): "read \(count)"
        case .drain: "drain"
        case .wait: "wait"
        case .rearm: "rearm"
        case .end: "end"
        }
    }
}
