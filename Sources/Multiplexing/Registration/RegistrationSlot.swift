public import Readiness
public import Synchronization

/// The registration of one descriptor number. Changes are made under a lock; events look without one.
///
/// A registration has a key: a count of registrations and the number. The kernel keeps the key, and gives it back with each
/// event; an event with another key is stale. The token stays as it is for as long as the key does. So who finds the same
/// key before and after having read the token has read the token that belongs to the key.
///
/// All zeros is an empty slot.
@usableFromInline
struct RegistrationSlot: ~Copyable {
    @usableFromInline let key: Atomic<UInt64>
    @usableFromInline let token: Atomic<UInt64>
    @usableFromInline let mode: Atomic<UInt32>

    // MARK: Changes

    var currentKey: UInt64 { key.load(ordering: .relaxed) }
    var currentMode: RegistrationMode { RegistrationMode(word: mode.load(ordering: .relaxed)) }
    var currentToken: Token { Token(rawValue: token.load(ordering: .relaxed)) }

    /// The key of the next registration.
    func nextKey(_ number: CInt) -> UInt64 {
        (currentKey >> 32 &+ 1) << 32 | UInt64(UInt32(bitPattern: number))
    }

    /// Begins a registration: events of earlier ones are stale from here on.
    func publish(_ newKey: UInt64, _ newMode: RegistrationMode, _ newToken: Token) {
        end()
        token.store(newToken.rawValue, ordering: .releasing)
        mode.store(newMode.word, ordering: .releasing)
        key.store(newKey, ordering: .releasing)
    }

    /// Changes the registration that stands, and says what its key is from here on.
    ///
    /// An event that was collected but not yet handed out must not come on top of the one that is reported after the
    /// change: with one-shot triggers two threads would work on the descriptor. Then it becomes stale.
    @discardableResult
    func change(from old: RegistrationMode, to newMode: RegistrationMode, _ newToken: Token, _ number: CInt) -> UInt64 {
        guard old.trigger.isOneShot || newMode.trigger.isOneShot || newToken != currentToken else {
            mode.store(newMode.word, ordering: .releasing)
            return currentKey
        }
        let newKey = nextKey(number)
        publish(newKey, newMode, newToken)
        return newKey
    }

    /// Ends the registration. No event has this key, for no number is negative.
    func end() {
        key.store(currentKey | 0xffff_ffff, ordering: .relaxed)
        mode.store(0, ordering: .releasing)
    }

    // MARK: Events

    /// An event as its owner gets it, or `nil` when it is stale.
    @inlinable
    @inline(__always)
    func event(_ data: UInt64, _ flags: UInt32) -> EventBatch.Event? {
        guard key.load(ordering: .acquiring) == data else { return nil }
        let token = token.load(ordering: .acquiring)
        let wanted = mode.load(ordering: .acquiring)
        guard key.load(ordering: .relaxed) == data, flags & wanted != 0 else { return nil }
        let events = ReadyEvents(rawValue: UInt16(truncatingIfNeeded: flags & wanted))
        return EventBatch.Event(token: Token(rawValue: token), events: events)
    }
}
