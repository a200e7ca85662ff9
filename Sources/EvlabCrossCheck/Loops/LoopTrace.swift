/// What came of each task of a loop's script, and how the run ended: the same for every engine.
package struct LoopTrace: Hashable, Sendable {
    /// By the task's number.
    package var events: [[String]]
    package var ends: [String] = []
    /// Promises that were broken: things that happen too early, twice or too late.
    package var violations: [String] = []

    /// What a loop should make of the same script when it was given only these tasks of it.
    func limited(to script: LoopScript, hasEnds: Bool) -> LoopTrace {
        let some = zip(script.tasks, events).map { task, events in task == .nothing ? [] : events }
        return LoopTrace(events: some, ends: hasEnds ? ends : [], violations: violations)
    }
}
