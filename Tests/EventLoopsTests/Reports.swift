import Synchronization

/// Errors that a server has told of.
final class Reports: Sendable {
    private let errors = Mutex<[any Error]>([])

    func add(_ error: any Error) {
        errors.withLock { $0.append(error) }
    }

    var all: [any Error] { errors.withLock { $0 } }
}
