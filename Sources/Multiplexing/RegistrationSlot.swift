internal import CLinux
internal import Readiness
internal import Synchronization

/// The registration of one descriptor number. Changes are made under a lock; events look without one.
///
/// The token and the count of closes stay as they are for as long as a generation lasts. So a reader that finds the same
/// generation before and after it read them has read what belongs to that generation.
///
/// All zeros is an empty slot.
struct RegistrationSlot: ~Copyable {
    private let state: Atomic<UInt64>
    private let token: Atomic<UInt64>
    private let closes: Atomic<UInt32>

    /// For those who hold the lock.
    var current: RegistrationState { RegistrationState(word: state.load(ordering: .relaxed)) }
    var currentToken: Token { Token(rawValue: token.load(ordering: .relaxed)) }

    /// Whether the owner of the descriptor has closed it since it was registered.
    func wasClosed(_ number: CInt) -> Bool {
        closes.load(ordering: .relaxed) != clinux_generation(number)
    }

    /// Begins a generation.
    func publish(_ next: RegistrationState, token: Token, closes: UInt32) {
        state.store(next.vacated.word, ordering: .relaxed)
        self.token.store(token.rawValue, ordering: .releasing)
        self.closes.store(closes, ordering: .releasing)
        state.store(next.word, ordering: .releasing)
    }

    /// Changes the interest within a generation, or ends the generation.
    func replace(_ next: RegistrationState) {
        state.store(next.word, ordering: .releasing)
    }

    /// Whom an event is for and what its owner wants to hear of now, or `nil` when the event is stale.
    @inline(__always)
    func recipient(_ generation: UInt32, _ number: CInt) -> (token: Token, interest: Interest)? {
        let state = RegistrationState(word: state.load(ordering: .acquiring))
        guard state.generation == generation else { return nil }
        let token = token.load(ordering: .acquiring)
        let closes = closes.load(ordering: .acquiring)
        let after = RegistrationState(word: self.state.load(ordering: .relaxed))
        guard after.generation == generation, closes == clinux_generation(number) else { return nil }
        return (Token(rawValue: token), state.interest)
    }
}
