import Glibc
import SystemPackage
import Testing

/// Lets calls of this process fail as `strace -e inject` can; only for a test that has a process of its own.
struct SystemCallFault {
    private let tracer: pid_t

    /// - Parameter rule: such as `accept4:error=ENFILE:when=1..3`.
    init(_ rule: String) throws {
        let call = rule.prefix { $0 != ":" }
        let words = [
            "strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=\(call),getpgid", "-e", "inject=\(rule)",
            "-e", "inject=getpgid:error=EDOM", "-p", "\(getpid())",
        ]
        var arguments = unsafe words.map { (word: String) in unsafe strdup(word) } + [nil]
        var process = pid_t()
        let result = unsafe posix_spawnp(&process, "strace", nil, nil, &arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        try #require(result == 0, "strace is needed: apt-get install strace")
        tracer = process
        try waitUntilTraced()
    }

    /// strace has attached to every thread, those of the loops among them, and a call fails that nobody else makes: by then
    /// it has stopped them all too, and lets none go on unwatched.
    private func waitUntilTraced() throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !Self.isTraced() || getpgid(0) != -1 || errno != EDOM {
            try #require(ContinuousClock.now < deadline, "strace did not attach")
            try #require(waitpid(tracer, nil, WNOHANG) == 0, "strace ended; may this process be traced?")
            usleep(1000)
        }
    }

    private static func isTraced() throws -> Bool {
        let found = unsafe opendir("/proc/self/task")
        let directory = unsafe try #require(found)
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard Int(name) != nil else { continue }
            guard try isTraced(FilePath("/proc/self/task/\(name)/status")) else { return false }
        }
        return true
    }

    private static func isTraced(_ path: FilePath) throws -> Bool {
        do {
            let file = try FileDescriptor.open(path, .readOnly)
            defer { try? file.close() }
            var text = [UInt8](repeating: 0, count: 4096)
            let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
            let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
            let line = try #require(lines.first { $0.hasPrefix("TracerPid:") })
            return line.split(separator: "\t").last != "0"
        } catch let error as Errno where [.noSuchFileOrDirectory, .noSuchProcess].contains(error) {
            // The thread has ended since it was listed.
            return true
        }
    }

    /// Calls succeed again. The leak checker, which runs when a process ends, does not work while it is traced.
    func end() {
        // It has inherited a mask that blocks the others. The kernel lets go of what a killed tracer traced.
        kill(tracer, SIGKILL)
        waitpid(tracer, nil, 0)
    }
}
