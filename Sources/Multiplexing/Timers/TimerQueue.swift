/// What is to happen at points in time: put in, taken out again or cancelled at a cost that does not depend on how many wait.
///
/// Elements come out in the order of their deadlines, to the nanosecond, equal ones in the order in which they were put in,
/// and never early. It is the timer half of a loop: hand ``nextDeadline`` to a multiplexer's wait, then call ``popDue(_:)``
/// until it returns `nil`.
///
/// Nothing is allocated while there is room for as many as ever waited at once. It belongs to one thread.
@safe
public struct TimerQueue<Element: ~Copyable>: ~Copyable {
    public typealias Key = TimerKey

    // Pointed to, for the compiler crashes on a noncopyable struct that inlinable code replaces (Swift 6.3).
    @usableFromInline let wheels: UnsafeMutablePointer<TimerWheels>
    /// The element of each node of the wheels that waits.
    @usableFromInline var elements: UnsafeMutablePointer<Element>
    @usableFromInline var capacity: Int

    /// How many elements wait.
    @inlinable public var count: Int { unsafe wheels.pointee.count }

    /// Whether nothing waits.
    @inlinable public var isEmpty: Bool { unsafe wheels.pointee.count == 0 }

    /// Makes an empty queue with room for some elements; it grows by itself.
    @inlinable
    public init(minimumCapacity: Int = 16) {
        capacity = max(minimumCapacity, 1)
        unsafe wheels = .allocate(capacity: 1)
        unsafe wheels.initialize(to: TimerWheels(minimumCapacity: capacity))
        unsafe elements = .allocate(capacity: capacity)
    }

    deinit {
        for index in unsafe 0..<wheels.pointee.reached where unsafe wheels.pointee.isUsed(index) {
            unsafe (elements + Int(index)).deinitialize(count: 1)
        }
        unsafe elements.deallocate()
        unsafe wheels.deinitialize(count: 1)
        unsafe wheels.deallocate()
    }

    /// Puts an element in; a deadline that has passed is due at once.
    @inlinable
    public mutating func insert(_ element: consuming Element, at deadline: MonotonicInstant) -> Key {
        let key = unsafe wheels.pointee.insert(deadline)
        if Int(key.index) >= capacity { grow() }
        unsafe (elements + Int(key.index)).initialize(to: element)
        return key
    }

    /// Called when as many elements wait as there is room for.
    @inlinable
    @inline(never)
    mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        unsafe larger.moveInitialize(from: elements, count: capacity)
        unsafe elements.deallocate()
        unsafe elements = larger
        capacity *= 2
    }

    /// Takes an element out before its time.
    ///
    /// - Returns: the element, or `nil` when it has come out already.
    @inlinable
    @discardableResult
    public mutating func cancel(_ key: Key) -> Element? {
        guard unsafe wheels.pointee.remove(key) else { return nil }
        return unsafe (elements + Int(key.index)).move()
    }

    /// Takes out the next element that is due.
    ///
    /// - Parameter now: the present; take it once for all that is due, so that what an element puts in waits for its turn.
    /// - Returns: the element, or `nil` when none is due.
    @inlinable
    public mutating func popDue(_ now: MonotonicInstant) -> Element? {
        let index = unsafe wheels.pointee.popDue(now)
        guard index >= 0 else { return nil }
        return unsafe (elements + Int(index)).move()
    }

    /// Whether ``popDue(_:)`` would give an element.
    @inlinable
    public mutating func isDue(_ now: MonotonicInstant) -> Bool { unsafe wheels.pointee.isDue(now) }

    /// When to look next: never later than the first deadline, and somewhat earlier where many are close together; `nil`
    /// when nothing waits.
    @inlinable public var nextDeadline: MonotonicInstant? { unsafe wheels.pointee.nextDeadline }
}
