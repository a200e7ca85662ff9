public import Readiness

/// A state for each token, such as the connections of a server: the other half of what an event's token is for.
///
/// The table chooses the tokens: numbers from 0 on, those of removed states again, so that finding a state costs an index.
/// Nothing is allocated for a state while there is room. Other tokens of the same multiplexer, such as a listener's, count
/// down from `Token(rawValue: .max)`.
@safe
public struct TokenTable<State: ~Copyable>: ~Copyable {
    @usableFromInline var states: UnsafeMutablePointer<State>
    @usableFromInline var isTaken: UnsafeMutablePointer<Bool>
    private var capacity: Int
    /// The states were placed below here at some time; from here on nothing is initialised.
    @usableFromInline var reached = 0
    /// Free places below `reached`; the last one is taken first.
    private var free: [Int] = []

    /// How many states there are.
    public var count: Int { reached - free.count }

    /// Whether there is no state.
    public var isEmpty: Bool { count == 0 }

    /// Makes an empty table with room for some states; it grows by itself.
    public init(minimumCapacity: Int = 64) {
        capacity = max(minimumCapacity, 1)
        unsafe states = .allocate(capacity: capacity)
        unsafe isTaken = .allocate(capacity: capacity)
    }

    deinit {
        for index in 0..<reached where unsafe isTaken[index] {
            unsafe (states + index).deinitialize(count: 1)
        }
        unsafe states.deallocate()
        unsafe isTaken.deallocate()
    }

    /// Takes a state in, and names it.
    public mutating func insert(_ state: consuming State) -> Token {
        let index = freePlace()
        unsafe (states + index).initialize(to: state)
        unsafe isTaken[index] = true
        return Token(index)
    }

    private mutating func freePlace() -> Int {
        if let index = free.popLast() { return index }
        if reached == capacity { grow() }
        reached += 1
        return reached - 1
    }

    private mutating func grow() {
        let states = UnsafeMutablePointer<State>.allocate(capacity: capacity * 2)
        let isTaken = UnsafeMutablePointer<Bool>.allocate(capacity: capacity * 2)
        // Only called when every place below the capacity is taken.
        unsafe states.moveInitialize(from: self.states, count: reached)
        unsafe isTaken.moveInitialize(from: self.isTaken, count: reached)
        unsafe self.states.deallocate()
        unsafe self.isTaken.deallocate()
        unsafe self.states = states
        unsafe self.isTaken = isTaken
        capacity *= 2
    }

    /// Whether the token names a state.
    @inlinable
    public func contains(_ token: Token) -> Bool {
        unsafe token.rawValue < UInt64(truncatingIfNeeded: reached) && isTaken[token.number]
    }

    /// Works on the state of a token, in place.
    ///
    /// - Returns: what `body` returns, or `nil` when the token names no state.
    @inlinable
    @inline(__always)
    public mutating func withState<Result: ~Copyable, Failure: Error>(
        of token: Token,
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard contains(token) else { return nil }
        return try unsafe body(&states[token.number])
    }

    /// Takes a state out; its token may be given to the next one.
    ///
    /// - Returns: the state, or `nil` when the token names none.
    @discardableResult
    public mutating func remove(_ token: Token) -> State? {
        guard contains(token) else { return nil }
        unsafe isTaken[token.number] = false
        free.append(token.number)
        return unsafe (states + token.number).move()
    }
}
