public import Sockets

/// Makes the bench of a setting.
public enum BenchMaker {
    /// A server that is measured.
    public struct Server: Sendable {
        public let address: SocketAddress
        /// Its process id, to say what it used.
        public let process: CInt?

        public init(address: SocketAddress, process: CInt?) {
            self.address = address
            self.process = process
        }
    }

    /// - Parameters:
    ///   - server: for workloads that have one.
    ///   - subject: the name of the subject, for the others.
    ///   - patience: how long a step of a server's script may take.
    ///   - cores: to which both threads of a bench of `wake` are pinned; the calling one stays so.
    public static func make(
        _ setting: Setting,
        server: Server?,
        subject: String?,
        seed: UInt64,
        patience: Duration = .seconds(60),
        cores: Cores? = nil
    ) throws(ComparisonFailure) -> any Bench {
        if setting.workload.hasServer {
            guard let server else { throw ComparisonFailure("\(setting.workload) needs a server") }
            return try load(setting, server, seed, patience)
        }
        let name = subject ?? ""
        return try ComparisonFailure.wrapping { () throws(IOError) in
            let bench: (any Bench)? =
                switch setting.workload {
                case .pipes, .cascade: try PipeSubject(rawValue: name)?.bench(setting)
                case .timers: try TimerSubject(rawValue: name)?.bench(setting)
                case .wake: try WakeSubject(rawValue: name)?.bench(pinnedTo: cores)
                default: nil
                }
            guard let bench else {
                throw IOError("bench", .invalidArgument, detail: "'\(name)' does no \(setting.workload)")
            }
            return bench
        }
    }

    private static func load(
        _ setting: Setting,
        _ server: Server,
        _ seed: UInt64,
        _ patience: Duration
    ) throws(ComparisonFailure) -> any Bench {
        switch setting.workload {
        case .udp:
            return try DatagramBench(window: setting.n, size: setting.width, server, seed: seed, patience: patience)
        case .fanout:
            return try FanoutBench(receivers: setting.n, size: setting.width, server, seed: seed, patience: patience)
        case .accept: return AcceptBench(clients: setting.n, server, seed: seed, patience: patience)
        default: return StreamBench(plan(setting, server), seed: seed, patience: patience)
        }
    }

    private static func plan(_ setting: Setting, _ server: Server) -> LoadPlan {
        let isPipeline = setting.workload == .pipeline
        let isLatency = setting.workload == .latency
        return LoadPlan(
            address: server.address,
            connections: isPipeline ? Setting.pipelineConnections : setting.n,
            active: isPipeline ? nil : setting.activeConnections,
            size: isLatency ? 64 : setting.width,
            depth: isPipeline ? setting.n : 1,
            rate: isLatency ? setting.width : nil,
            server: server.process
        )
    }
}
