internal import Sockets
internal import Synchronization

/// One peer. Whichever thread was handed it reads from it; it is closed when the last one lets go of it.
final class OneShotClient: Sendable {
    let number: Int
    let socket: Socket
    private let users = Atomic(0)

    init(_ number: Int, _ socket: consuming Socket) {
        self.number = number
        self.socket = socket
    }

    /// - Returns: how many threads are at it now, the caller included.
    func enter() -> Int { users.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }

    func leave() {
        users.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    }
}
