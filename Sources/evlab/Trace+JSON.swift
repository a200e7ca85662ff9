internal import EvlabComparison
internal import EvlabDemos
internal import Readiness

extension Trace {
    /// Every step, and how things stood before the first and after each.
    var json: JSONValue {
        .object([
            ("mode", .string(mode.rawValue)),
            ("start", .object(start.members)),
            ("steps", .array(steps.map(\.json))),
            ("waits", .integer(waits.count)),
            ("wakeUps", .integer(wakeUps)),
            ("silentWaits", .integer(silentWaits)),
        ])
    }
}

extension TraceStep {
    fileprivate var json: JSONValue {
        .object([("step", .string(action.description)), ("outcome", outcome.json)] + after.members)
    }
}

extension TraceStep.State {
    fileprivate var members: [(String, JSONValue)] {
        [("buffered", .integer(buffered)), ("isReady", .bool(isReady)), ("isArmed", .bool(isArmed))]
    }
}

extension TraceStep.Outcome {
    fileprivate var json: JSONValue {
        switch self {
        case .event(let events): .string(events.description)
        case .wouldBlock: .string("would block")
        case .bytes(let count): .integer(count)
        case .end: .string("end")
        case .done: .null
        }
    }
}
