internal import EvlabComparison
internal import EvlabDemos

extension Conditions {
    /// Every answer.
    var json: JSONValue {
        .object([
            ("groups", .array(groups.map(\.json))),
            ("waits", .array(waits.map(\.json))),
            ("remainders", .array(remainders.map(\.json))),
        ])
    }
}

extension ConditionGroup {
    fileprivate var json: JSONValue {
        .object([("name", .string(name)), ("states", .array(conditions.map(\.json)))])
    }
}

extension Condition {
    fileprivate var json: JSONValue {
        .object([
            ("state", .string(state)),
            ("select", .array(answers.select.map(JSONValue.string))),
            ("poll", .array(answers.poll.map(JSONValue.string))),
            ("epoll", .array(answers.epoll.map(JSONValue.string))),
            ("calls", .array(calls.map { .object([("call", .string($0.name)), ("result", .string($0.result))]) })),
        ])
    }
}

extension TimedWait {
    fileprivate var json: JSONValue {
        .object([
            ("call", .string(call.rawValue)), ("wait", .string(wait.rawValue)), ("result", .string(result)),
            ("nanoseconds", .integer(Int(nanoseconds))),
        ])
    }
}

extension SelectRemainder {
    fileprivate var json: JSONValue {
        .object([
            ("call", .string(call.rawValue)), ("end", .string(end.rawValue)), ("result", .string(result)),
            ("givenNanoseconds", .integer(Int(given))), ("leftNanoseconds", .integer(Int(left))),
            ("stillInSet", .integer(stillInSet)),
        ])
    }
}
