internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// One peer of the server that sets the triggers side by side.
struct LevelAndEdgeClient: ~Copyable {
    typealias Service = LevelAndEdgeTotals.Service

    /// What to do with a client after its turn.
    enum Next {
        /// Nothing: its next event comes by itself.
        case asBefore
        /// Ask for an event anew, for it was left before it was dry.
        case rearm
        case close
    }

    /// The article's buffer.
    static let bufferSize = 10
    /// The most reads a turn under an edge trigger, so that one who always sends does not keep the others waiting.
    private static let readsPerTurn = 1000

    let socket: Socket
    let name: String
    let trigger: Trigger
    private let isBlocking: Bool
    private(set) var totals = Service()

    /// - Parameter limit: where reads are to block, for how long at most; they do not where it is `nil`.
    init(_ socket: consuming Socket, _ name: String, _ trigger: Trigger, blockingFor limit: Duration?) throws(IOError) {
        if let limit {
            try socket.setBlocking(true)
            let milliseconds = CInt(clamping: limit.nanoseconds / 1_000_000)
            try check("setsockopt", clinux_limit_blocking_reads(socket.fileDescriptor.rawValue, milliseconds))
        }
        self.socket = socket
        self.name = name
        self.trigger = trigger
        isBlocking = limit != nil
    }

    /// Does what the trigger asks for: one read, for the socket is reported again while bytes are left; or reads until one
    /// finds nothing, for it is not.
    mutating func turn(_ say: (String) -> Void) -> Next {
        totals.wakeUps += 1
        guard trigger.isEdge else { return read(say) ?? .asBefore }
        for _ in 0..<Self.readsPerTurn {
            if let next = read(say) { return next }
        }
        return .rearm
    }

    /// - Returns: `nil` while there may be more to read.
    private mutating func read(_ say: (String) -> Void) -> Next? {
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        var bytes = buffer.mutableSpan
        totals.reads += 1
        let start = MonotonicInstant.now
        do throws(IOError) {
            switch try socket.read(into: &bytes) {
            case .bytes(let count):
                totals.bytes += count
                say("  \(name) read \(counted(count, "byte", "bytes")): \(quoted(bytes.span.extracting(first: count)))")
                return nil
            case .wouldBlock:
                let time = start.duration(to: .now).formattedSeconds
                say(
                    isBlocking
                        ? "  \(name) read nothing and BLOCKED for \(time)" : "  \(name) read nothing: it would block"
                )
                return .asBefore
            case .end:
                // Nothing is read, closed or asked for after the end: the number may be another's at once.
                say("  \(name) has finished: \(totals.summary)")
                return .close
            }
        } catch {
            say("  \(name) is lost: \(error)")
            return .close
        }
    }
}

extension LevelAndEdgeTotals.Service {
    /// The counts, in words.
    public var summary: String {
        "\(counted(bytes, "byte", "bytes")), \(counted(wakeUps, "wake-up", "wake-ups")), "
            + "\(counted(reads, "read", "reads"))"
    }

    /// Adds what was counted from one moment to another.
    mutating func add(from start: Self = Self(), to end: Self) {
        connections += end.connections - start.connections
        bytes += end.bytes - start.bytes
        wakeUps += end.wakeUps - start.wakeUps
        reads += end.reads - start.reads
    }
}

extension Duration {
    /// Seconds with one decimal.
    fileprivate var formattedSeconds: String {
        let tenths = nanoseconds / 100_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
