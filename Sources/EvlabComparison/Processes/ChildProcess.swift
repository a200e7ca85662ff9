internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// A program that we started. It is killed when this goes out of scope, and by the kernel when we are killed ourselves.
struct ChildProcess: ~Copyable {
    private let process: OwnedProcess
    private let name: String
    private var output: LineReader
    private var errors: LineReader
    private let ended: Descriptor

    /// - Parameters:
    ///   - arguments: the program, looked for in PATH unless it has a slash, and its arguments.
    ///   - core: the one CPU that it may use.
    /// - Returns: `nil` when there is no such program.
    static func start(_ arguments: [String], core: Int? = nil) throws(ComparisonFailure) -> ChildProcess? {
        do throws(IOError) {
            return try make(arguments, core: core)
        } catch {
            if error.code == .notFound { return nil }
            throw ComparisonFailure(error)
        }
    }

    /// Its process id.
    var id: pid_t { process.id }

    private static func make(_ arguments: [String], core: Int?) throws(IOError) -> ChildProcess {
        let output = try Pipe()
        let errors = try Pipe()
        let result = Self.spawn(
            arguments,
            output: output.writer.fileDescriptor,
            errors: errors.writer.fileDescriptor,
            core: core
        )
        let process = OwnedProcess(id: try checked("exec", result, detail: arguments.first ?? ""))
        let descriptor = try checked("pidfd_open", clinux_pidfd(process.id))
        return ChildProcess(
            process: process,
            name: arguments.prefix(3).joined(separator: " "),
            output: LineReader(output.reader),
            errors: LineReader(errors.reader),
            ended: Descriptor(adopting: FileDescriptor(rawValue: descriptor))
        )
    }

    private static func spawn(
        _ arguments: [String],
        output: FileDescriptor,
        errors: FileDescriptor,
        core: Int?
    ) -> pid_t {
        var pointers = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            var launch = unsafe clinux_launch(
                path: buffer.first.flatMap { unsafe UnsafePointer($0) },
                arguments: buffer.baseAddress,
                output: output.rawValue,
                errors: errors.rawValue,
                core: CInt(core ?? -1),
                dies_with_us: true
            )
            return unsafe clinux_spawn(&launch)
        }
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
        within duration: Duration = .seconds(10)
    ) throws(ComparisonFailure) -> [String] {
        _ = clinux_kill(process ?? id, SIGTERM)
        return try finish(waiting, within: duration)
    }

    /// Waits for its end.
    mutating func finish(
        _ waiting: borrowing Waiting,
        within duration: Duration = .seconds(10)
    ) throws(ComparisonFailure) -> [String] {
        let deadline = Deadline(after: duration)
        guard try waiting.wait(for: ended.fileDescriptor, POLLIN, until: deadline) != 0 else {
            throw ComparisonFailure("\(name): did not end within \(duration)")
        }
        return try errors.rest(waiting, until: deadline)
    }

    /// All that it prints, once it has ended.
    mutating func outputLines(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> [String] {
        try output.rest(waiting, until: Deadline(after: .seconds(1)))
    }
}

/// A child that is certainly gone when this is.
private struct OwnedProcess: ~Copyable {
    let id: pid_t

    deinit {
        // The id stays ours until it is waited for, so this never reaches a stranger.
        _ = clinux_kill(id, SIGKILL)
        _ = clinux_wait_child(id)
    }
}
