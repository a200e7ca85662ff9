/// One size of a workload.
public struct Setting: Hashable, Sendable {
    public let workload: Workload
    /// What grows along a series: connections, pairs, timers.
    public let n: Int
    /// The second size: bytes of a message, active pairs, messages a second; for timers 0 is insert and cancel, 1 is fire.
    public let width: Int

    public init(_ workload: Workload, n: Int, width: Int = 64) {
        self.workload = workload
        self.n = n
        self.width = width
    }

    /// For people: 50 connections x 64 B.
    public var label: String {
        switch workload {
        case .echo: "\(counted(n, "connection")) x \(byteSize(width))"
        case .pipeline: "10 connections, \(n) x \(byteSize(width)) under way on each"
        case .latency: "\(counted(n, "connection")) x 64 B, \(grouped(Double(width))) messages a second"
        case .accept: "\(counted(n, "client")) at a time"
        case .idle: "\(grouped(Double(n))) connections, \(activeConnections) active"
        case .pipes: "\(grouped(Double(n))) pairs, \(width) active"
        case .cascade: "\(grouped(Double(n))) pairs"
        case .timers: "\(grouped(Double(n))) timers, " + (width == 0 ? "insert and cancel" : "fire")
        case .wake: "\(counted(n, "wake")) under way"
        case .fanout: "\(counted(n, "receiver"))"
        case .udp: "\(counted(n, "datagram")) under way"
        }
    }

    /// What members of a series have in common.
    public var series: String {
        switch workload {
        case .echo: byteSize(width)
        case .timers: width == 0 ? "insert and cancel" : "fire"
        case .pipes: "\(width) active"
        default: ""
        }
    }

    /// How many connections the pipeline workload has.
    static let pipelineConnections = 10

    /// Connections on which messages go.
    public var activeConnections: Int { workload == .idle ? min(n, 10) : n }

    /// The same with as many descriptors as a process may have.
    func fitting(_ limit: Int) -> Setting {
        let room = max(1, limit - 64)
        let most =
            switch workload {
            case .echo, .latency, .idle, .accept, .fanout: room
            case .pipes, .cascade: max(1, room / 2)
            case .pipeline, .timers, .wake, .udp: n
            }
        return n <= most ? self : Setting(workload, n: most, width: workload == .pipes ? min(width, most) : width)
    }
}
