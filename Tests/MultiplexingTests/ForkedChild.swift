import FaultTools
import Glibc
import Testing

/// A child process that goes on where its parent is.
struct ForkedChild: ~Copyable {
    private let process: pid_t

    /// - Parameter body: what the child does before it exits; whether it was right.
    init(_ body: () throws -> Bool) throws {
        let process = forkProcess()
        if process == 0 {
            // As long as the test may take.
            alarm(500)
            _exit((try? body()) == true ? 0 : 1)
        }
        try #require(process > 0)
        self.process = process
    }

    /// Waits for the child, and says whether it was right.
    consuming func succeeds() -> Bool {
        var status: CInt = -1
        return unsafe waitpid(process, &status, 0) == process && status == 0
    }

    consuming func kill() {
        Glibc.kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }
}
