import Readiness
import Synchronization

/// Values from several tasks, in the order of their coming.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func add(_ value: Value) {
        values.withLock(of: self) { $0.append(value) }
    }

    var all: [Value] { values.withLock(of: self) { $0 } }
}
