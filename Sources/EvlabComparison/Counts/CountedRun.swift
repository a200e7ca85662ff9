internal import Sockets

/// One run of a program under a tool that counts: started first, and then loaded, so that several start at the same time.
final class CountedRun {
    /// What it has to do.
    struct Work {
        var connections = 1
        var messages = 0
    }

    private let tool: Counter.Tool
    private let subject: Subject
    private let output: String
    private var child: ChildProcess?
    private var server: ServerProcess?

    init(
        _ tool: Counter.Tool,
        _ subject: Subject,
        _ workload: Workload,
        _ command: [String],
        output: String
    ) throws(ComparisonFailure) {
        self.tool = tool
        self.subject = subject
        self.output = output
        guard let child = try ChildProcess.start(tool.runner(output, after: workload.lastOfStart) + command) else {
            throw ComparisonFailure("it is not installed")
        }
        self.child = consume child
    }

    /// Sends a server exactly so many messages, and ends it.
    func load(
        _ work: Work,
        _ setting: Setting,
        core: Int?,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) {
        guard let child = child.take() else { return }
        let server = try ServerProcess.listening(child, subject, within: .silence, waiting)
        let depth = setting.workload == .pipeline ? setting.n : 1
        let load = [
            try ownExecutable(), "generate", "--with-parent", "--connect", server.address.description,
            "--connections", String(work.connections), "--size", String(setting.width), "--depth", String(depth),
            "--messages", String(work.messages),
        ]
        guard var generator = try ChildProcess.start(load, core: core) else {
            throw ComparisonFailure("this program was moved away while it ran")
        }
        _ = try generator.readLine(waiting, within: .silence * 2)
        _ = try generator.finish(waiting)
        server.askToStop()
        self.server = consume server
    }

    /// What was counted, once it has ended.
    func tally(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> Tally {
        var complaints: [String] = []
        if let server = server.take() {
            complaints = try server.finish(waiting, within: .silence)
        } else if var child = child.take() {
            complaints = try child.finish(waiting, within: .silence)
        }
        guard let text = readFile(output), let tally = tool.tally(of: text) else {
            throw ComparisonFailure("it counted nothing: \(complaints.last ?? "it says nothing")")
        }
        return tally
    }
}

extension Workload {
    /// The function that a program calls when it has started and sets to work.
    fileprivate var lastOfStart: String? {
        switch self {
        case .pipes, .cascade: "socketpair"
        case .timers, .wake, .udp: nil
        case .echo, .pipeline, .latency, .accept, .idle, .fanout: "listen"
        }
    }
}
