import Readiness
import Sockets
import Testing

/// Longer waits are failures. A busy machine may delay a thread by many seconds.
let patience = Duration.seconds(120)
let patienceInMilliseconds = CInt(patience / .milliseconds(1))

extension EventEngine {
    /// Runs until the condition holds; a deadline ends a test that would wait for ever.
    func run(
        until condition: @escaping () -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        // What the condition asks for may come about without a call of the engine's, such as at the other end of a socket.
        let look = try schedule(after: .milliseconds(50), every: .milliseconds(50)) { _ in }
        defer { look.cancel() }
        while !condition() {
            guard clock.now < deadline else {
                Issue.record("the condition did not come true in time", sourceLocation: sourceLocation)
                return
            }
            try run(.once)
        }
    }

    /// Turns that do not wait, enough for everything that is ready to be reported several times.
    func runWithoutWaiting(turns: Int = 5) throws {
        for _ in 0..<turns { try run(.withoutWaiting) }
    }
}
