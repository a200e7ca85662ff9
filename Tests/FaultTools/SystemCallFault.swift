internal import Glibc

/// Lets calls of this process fail as `strace -e inject` can; only for a test that has a process of its own.
package struct SystemCallFault {
    private let tracer: pid_t

    /// - Parameter rule: such as `accept4:error=ENFILE:when=1..3`.
    package init(_ rule: String) throws {
        let call = rule.prefix { $0 != ":" }
        let words = [
            "strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=\(call),getpgid", "-e", "inject=\(rule)",
            "-e", "inject=getpgid:error=EDOM", "-p", "\(getpid())",
        ]
        var arguments = unsafe words.map { (word: String) in unsafe strdup(word) } + [nil]
        var process = pid_t()
        let result = unsafe posix_spawnp(&process, "strace", nil, nil, &arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        guard result == 0 else { throw ToolFailure("strace is needed: apt-get install strace") }
        tracer = process
        try waitUntilInjecting()
    }

    /// A call fails that nobody else makes. By then strace has stopped every thread that there was when it began, and lets
    /// none go on unwatched; one that it has only attached to may still make a call or two.
    private func waitUntilInjecting() throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while getpgid(0) != -1 || errno != EDOM {
            guard ContinuousClock.now < deadline else { throw ToolFailure("strace did not attach") }
            guard waitpid(tracer, nil, WNOHANG) == 0 else {
                throw ToolFailure("strace ended; may this process be traced?")
            }
            usleep(1000)
        }
    }

    /// Calls succeed again. The leak checker, which runs when a process ends, does not work while it is traced.
    package func end() {
        // It has inherited a mask that blocks the others. The kernel lets go of what a killed tracer traced.
        kill(tracer, SIGKILL)
        waitpid(tracer, nil, 0)
    }
}
