internal import Sockets

/// The states that belong to one of the three questions: is it readable, writable, exceptional?
public struct ConditionGroup: Hashable, Sendable {
    public let name: String
    public internal(set) var conditions: [Condition] = []

    mutating func look(
        _ state: String,
        at holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable
    ) throws(IOError) {
        conditions.append(Condition(state: state, answers: try ReadinessAnswers(of: holder)))
    }

    /// Notes a call that was made after the last look.
    mutating func then(_ name: String, _ result: String) {
        guard let last = conditions.indices.last else { return }
        conditions[last].calls.append(Condition.Call(name: name, result: result))
    }
}
