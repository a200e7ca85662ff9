internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A process that measures one subject in one setting, and the server that it measures, if the workload has one.
struct Worker: ~Copyable {
    private var bench: ChildProcess
    private let input: Descriptor
    private let server: ServerProcess?
    private let subject: String

    /// Starts it, and its server before it.
    ///
    /// - Parameter offset: bytes by which the stacks of the processes are moved, so that no layout is always the same.
    static func start(
        _ subject: Subject,
        _ setting: Setting,
        cores: Cores,
        seed: UInt64,
        offset: Int,
        patience: Double,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Worker {
        let padding = ["--offset", String(repeating: "x", count: offset)]
        let sizes = ["--n", String(setting.n), "--width", String(setting.width), "--seed", String(seed)]
        let limits = ["--patience", String(patience)]
        let bench = [setting.workload.rawValue] + sizes + limits + padding
        guard setting.workload.hasServer else {
            let program = try subject.executable()
            // Two threads that wake each other need a core each.
            let core = setting.workload == .wake ? nil : cores.server
            let command = [program, "bench"] + bench + ["--subject", subject.name, "--with-parent"]
            return try start(command, subject, nil, core, waiting)
        }
        let server = try ServerProcess.start(subject, setting.workload, core: cores.server, padding, waiting)
        let target = ["--connect", server.address.description, "--watch", String(server.id)]
        let command = [try ownExecutable(), "bench"] + bench + target + ["--with-parent"]
        return try start(command, subject, server, cores.generator, waiting)
    }

    private static func start(
        _ command: [String],
        _ subject: Subject,
        _ server: consuming ServerProcess?,
        _ core: Int?,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Worker {
        let pipe = try ComparisonFailure.wrapping { () throws(IOError) in try Pipe() }
        // Its input waits for us, as standard inputs do.
        let flags = clinux_get_status_flags(pipe.reader.fileDescriptor.rawValue)
        _ = clinux_set_status_flags(pipe.reader.fileDescriptor.rawValue, flags & ~O_NONBLOCK)
        guard let bench = try ChildProcess.start(command, core: core, input: pipe.reader.fileDescriptor) else {
            throw ComparisonFailure("\(command[0]) cannot be run")
        }
        return Worker(bench: bench, input: pipe.writer, server: server, subject: subject.name)
    }

    private init(
        bench: consuming ChildProcess,
        input: consuming Descriptor,
        server: consuming ServerProcess?,
        subject: String
    ) {
        self.bench = bench
        self.input = input
        self.server = server
        self.subject = subject
    }

    /// What it did of the script.
    mutating func trace(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> [String] {
        try tell("trace")
        var lines: [String] = []
        while true {
            let line = try bench.readLine(waiting, within: .silence * 2)
            if line == BenchSession.done { return lines }
            guard line.hasPrefix(BenchSession.answer) else {
                throw ComparisonFailure("\(subject) said '\(line)' instead of a step")
            }
            lines.append(String(line.dropFirst(BenchSession.answer.count)))
        }
    }

    mutating func sample(
        _ duration: Duration,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Sample {
        try tell("run \(max(1, Int((duration / .milliseconds(1)).rounded())))")
        let line = try bench.readLine(waiting, within: .silence * 2 + duration)
        guard let json = JSONValue(parsing: line), let sample = Sample(json) else {
            throw ComparisonFailure("\(subject) said '\(line)' instead of what it measured")
        }
        return sample
    }

    private func tell(_ command: String) throws(ComparisonFailure) {
        SigPipe.ignore()
        let bytes = Array((command + "\n").utf8)
        let count = unsafe bytes.withUnsafeBytes {
            unsafe clinux_write(input.fileDescriptor.rawValue, $0.baseAddress, $0.count)
        }
        // Who has gone has said why; that is read instead of an answer.
        guard count == bytes.count || count == -Int(EPIPE) else {
            throw ComparisonFailure("\(subject) does not listen any more")
        }
    }

    /// Ends it and its server.
    consuming func stop(_ waiting: borrowing Waiting) throws(ComparisonFailure) {
        _ = try bench.stop(waiting)
        if let server { _ = try server.stop(waiting) }
    }
}
