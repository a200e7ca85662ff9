/// The name of an element of a ``TimerQueue`` while it waits, and never another's.
public struct TimerKey: Hashable, Sendable {
    @usableFromInline let index: Int32
    let generation: UInt32
}
