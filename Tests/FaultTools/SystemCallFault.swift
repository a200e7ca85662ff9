internal import Glibc
internal import SystemPackage

/// Lets calls of this process fail as `strace -e inject` can; only for a test that has a process of its own.
package struct SystemCallFault {
    private let tracer: pid_t

    /// - Parameter rule: such as `accept4:error=ENFILE:when=1..3`.
    package init(_ rule: String) throws {
        let call = rule.prefix { $0 != ":" }
        let words = [
            "strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(rule)", "-p",
            "\(getpid())",
        ]
        var arguments = unsafe words.map { (word: String) in unsafe strdup(word) } + [nil]
        var process = pid_t()
        let result = unsafe posix_spawnp(&process, "strace", nil, nil, &arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        guard result == 0 else { throw ToolFailure("strace is needed: apt-get install strace") }
        tracer = process
        try waitUntilTraced()
    }

    /// strace has attached to every thread that there was when it began.
    private func waitUntilTraced() throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try !Self.isTraced() {
            guard ContinuousClock.now < deadline else { throw ToolFailure("strace did not attach") }
            guard waitpid(tracer, nil, WNOHANG) == 0 else {
                throw ToolFailure("strace ended; may this process be traced?")
            }
            usleep(1000)
        }
    }

    private static func isTraced() throws -> Bool {
        let path = FilePath("/proc/thread-self/status")
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
        let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("TracerPid:") }
        return line?.split(separator: "\t").last != "0"
    }

    /// Calls succeed again. The leak checker, which runs when a process ends, does not work while it is traced.
    package func end() {
        // It has inherited a mask that blocks the others. The kernel lets go of what a killed tracer traced.
        kill(tracer, SIGKILL)
        waitpid(tracer, nil, 0)
    }
}
