internal import Synchronization

/// Counts the posts that have arrived; a post may be made from any thread.
final class WakeCount: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    func add() {
        number.add(1, ordering: .relaxed)
    }
}
