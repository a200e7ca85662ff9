import Glibc

/// The system calls of a program, noted by strace in a file, which is there until ``remove()``.
struct CallTrace {
    private let path: String
    private let options: [String]

    /// - Parameters:
    ///   - name: what the file is named for; no two tests use the same at the same time.
    ///   - calls: what is noted: such as `read,close`, or `%desc` for all that have to do with descriptors.
    ///   - options: such as `-T`, for the time that each took, or `-e inject=...`.
    init(_ name: String, of calls: String, _ options: String...) {
        path = "/tmp/evlab-\(name)-\(getpid()).strace"
        // The tracer is no child of ours, so that the program is.
        self.options = ["-D", "-f", "-o", path, "-e", "signal=none", "-e", "trace=\(calls)"] + options
    }

    /// What stands before the program and its arguments.
    var command: [String] { ["strace"] + options }

    /// The calls so far, each with what it returned, without the number of the thread.
    var calls: [Substring] {
        get throws {
            try Program.run(["sed", "s/^[0-9]* *//", path]).output.split(separator: "\n")
        }
    }

    func remove() {
        unsafe unlink(path)
    }
}
