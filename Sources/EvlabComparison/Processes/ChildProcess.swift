internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A program that we started. It is killed when this goes out of scope, and by the kernel when we are killed ourselves.
struct ChildProcess: ~Copyable {
    private let process: Child
    private let name: String
    private var output: LineReader
    private var errors: LineReader

    /// - Parameters:
    ///   - arguments: the program, looked for in PATH unless it has a slash, and its arguments.
    ///   - core: the one CPU that it may use.
    ///   - input: its standard input, if that is not ours.
    /// - Returns: `nil` when there is no such program.
    static func start(
        _ arguments: [String],
        core: Int? = nil,
        input: FileDescriptor? = nil
    ) throws(ComparisonFailure) -> ChildProcess? {
        do throws(IOError) {
            return try make(arguments, core: core, input: input)
        } catch {
            if error.code == .notFound { return nil }
            throw ComparisonFailure(error)
        }
    }

    /// Its process id.
    var id: pid_t { process.number }

    private static func make(
        _ arguments: [String],
        core: Int?,
        input: FileDescriptor?
    ) throws(IOError) -> ChildProcess {
        let output = try Pipe()
        let errors = try Pipe()
        var program = Program(arguments.first ?? "", Array(arguments.dropFirst()))
        program.output = .descriptor(output.writer.fileDescriptor)
        program.errors = .descriptor(errors.writer.fileDescriptor)
        if let input { program.input = .descriptor(input) }
        program.core = core
        program.diesWithThread = true
        return ChildProcess(
            process: try Child(program),
            name: arguments.prefix(3).joined(separator: " "),
            output: LineReader(output.reader),
            errors: LineReader(errors.reader)
        )
    }

    /// The next line that it prints.
    mutating func readLine(
        _ waiting: borrowing Waiting,
        within duration: Duration
    ) throws(ComparisonFailure) -> String {
        if let line = try output.next(waiting, until: Deadline(after: duration)) { return line }
        let complaint = try errors.rest(waiting, until: Deadline(after: .seconds(1))).last
        throw ComparisonFailure("\(name): \(complaint ?? "said nothing for \(duration)")")
    }

    /// Asks a process to end, this one unless another is named, and waits for the end of this one.
    ///
    /// - Returns: what it wrote to standard error.
    mutating func stop(
        _ waiting: borrowing Waiting,
        asking process: pid_t? = nil,
        within duration: Duration = .silence
    ) throws(ComparisonFailure) -> [String] {
        _ = clinux_kill(process ?? id, SIGTERM)
        return try finish(waiting, within: duration)
    }

    /// Waits for its end.
    mutating func finish(
        _ waiting: borrowing Waiting,
        within duration: Duration = .silence
    ) throws(ComparisonFailure) -> [String] {
        let deadline = Deadline(after: duration)
        guard try waiting.wait(for: process.fileDescriptor, POLLIN, until: deadline) != 0 else {
            throw ComparisonFailure("\(name): did not end within \(duration)")
        }
        return try errors.rest(waiting, until: deadline)
    }

    /// All that it prints, once it has ended.
    mutating func outputLines(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> [String] {
        try output.rest(waiting, until: Deadline(after: .seconds(1)))
    }
}
