import Readiness
import Sockets
import Testing

/// Longer waits are failures.
let patience = Duration.seconds(20)

extension EventEngine {
    /// Runs until the condition holds; a deadline ends a test that would wait for ever.
    func run(
        until condition: @escaping () -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        let alarm = try schedule(after: patience, every: nil) { _ in }
        defer { alarm.cancel() }
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
