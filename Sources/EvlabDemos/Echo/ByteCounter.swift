internal import Synchronization

/// Counts bytes, from whatever loop.
final class ByteCounter: Sendable {
    private let bytes = Atomic(0)

    func add(_ count: Int) {
        bytes.wrappingAdd(count, ordering: .relaxed)
    }

    var count: Int { bytes.load(ordering: .relaxed) }
}
