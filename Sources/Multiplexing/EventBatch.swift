public import CLinux
internal import Glibc
public import Readiness
public import Sockets

/// The events of one wait, in memory that is reused from wait to wait.
///
/// Each event is checked at the moment that ``next()`` hands it out. An event whose descriptor was removed or closed since
/// the wait is passed over, whoever has its number now; of an event whose interest was changed, only what is still asked
/// for is left. So a handler may close any connection, or accept a new one, in the middle of a batch.
///
/// A batch belongs to one thread.
@safe
public struct EventBatch: ~Copyable {
    /// One ready descriptor.
    public struct Event: Hashable, Sendable {
        /// What the descriptor was registered as.
        public let token: Token
        /// What it is ready for. These are hints: a read or a write may still find that it would block.
        public let events: ReadyEvents

        /// An event as a handler would get it.
        @inlinable
        public init(token: Token, events: ReadyEvents) {
            self.token = token
            self.events = events
        }
    }

    /// The most events that a batch can hold.
    public static var largestCapacity: Int { 1 << 20 }

    /// How many events a wait collects at most. What does not fit comes with the next wait, before what has been
    /// collected comes again: no ready descriptor starves behind others.
    public private(set) var capacity: Int
    /// What the capacity grows to, doubling after each wait that used all of it.
    public let limit: Int

    private var buffer: UnsafeMutablePointer<epoll_event>
    private var wasFull = false
    @usableFromInline var position: UnsafeMutablePointer<epoll_event>
    @usableFromInline var end: UnsafeMutablePointer<epoll_event>
    /// Where to look events up; set before the first is collected. The slots of the low numbers are pointed to, which
    /// spares each event the reference counting.
    private var registrations: Registrations?
    @usableFromInline var firstSlots: UnsafeMutablePointer<RegistrationSlot>?

    /// Makes room for the events of one wait.
    ///
    /// - Parameters:
    ///   - capacity: 1 to ``largestCapacity``.
    ///   - limit: what the capacity may grow to, at least `capacity`; `nil` for a batch that does not grow.
    /// - Throws: `outOfRange` for other numbers, `noMemory`.
    public init(capacity: Int = 256, growingTo limit: Int? = nil) throws(IOError) {
        let limit = limit ?? capacity
        guard capacity >= 1, limit >= capacity, limit <= Self.largestCapacity else {
            throw IOError(
                "EventBatch",
                .outOfRange,
                detail: "a batch holds 1 to \(Self.largestCapacity) events, and grows to no less than it holds; "
                    + "not \(capacity), growing to \(limit)"
            )
        }
        guard let buffer = unsafe Self.makeBuffer(capacity) else { throw IOError("EventBatch", .noMemory) }
        self.capacity = capacity
        self.limit = limit
        unsafe self.buffer = buffer
        unsafe position = buffer
        unsafe end = buffer
        unsafe firstSlots = nil
    }

    deinit {
        unsafe free(buffer)
    }

    private static func makeBuffer(_ capacity: Int) -> UnsafeMutablePointer<epoll_event>? {
        let memory = unsafe calloc(capacity, MemoryLayout<epoll_event>.stride)
        return unsafe memory?.bindMemory(to: epoll_event.self, capacity: capacity)
    }

    /// How many events are left to look at; some of them may prove stale.
    public var count: Int { unsafe end - position }

    /// Whether every event has been handed out.
    public var isEmpty: Bool { unsafe position == end }

    /// The next event that is not stale, or `nil` when there is none left.
    @inlinable
    @inline(__always)
    public mutating func next() -> Event? {
        while unsafe position != end {
            let raw = unsafe position
            unsafe position += 1
            let data = unsafe clinux_epoll_event_data(raw)
            let slot = unsafe slot(UInt32(truncatingIfNeeded: data))
            if let event = unsafe slot.pointee.event(data, clinux_epoll_event_flags(raw)) { return event }
        }
        return nil
    }

    /// Passes over events that have become stale, up to the first that has not.
    mutating func dropStale() {
        while unsafe position != end {
            let data = unsafe clinux_epoll_event_data(position)
            let slot = unsafe slot(UInt32(truncatingIfNeeded: data))
            guard unsafe slot.pointee.event(data, clinux_epoll_event_flags(position)) == nil else { return }
            unsafe position += 1
        }
    }

    // An event is there, so there are registrations, and its number has a slot.

    @inlinable
    @inline(__always)
    func slot(_ number: UInt32) -> UnsafeMutablePointer<RegistrationSlot> {
        unsafe number <= 0xffff ? firstSlots.unsafelyUnwrapped + Int(number) : farSlot(number)
    }

    @usableFromInline
    @inline(never)
    func farSlot(_ number: UInt32) -> UnsafeMutablePointer<RegistrationSlot> {
        unsafe (registrations?.slot(number)).unsafelyUnwrapped
    }

    /// Gets ready for a wait of a multiplexer.
    ///
    /// - Returns: whether there is room for new events, that is, no old one is left: an edge must not be lost because a
    ///   loop over a batch ended early.
    /// - Throws: `busy` when events of another multiplexer are left.
    mutating func prepare(for registrations: Registrations) throws(IOError) -> Bool {
        if self.registrations !== registrations {
            guard isEmpty else {
                throw IOError(
                    "wait",
                    .busy,
                    detail: "the batch still holds events of another multiplexer; call next() until it returns nil"
                )
            }
            self.registrations = registrations
            unsafe firstSlots = registrations.firstSlots
        }
        return isEmpty
    }

    /// Lets a wait write its events, and takes their count or the error that it returns.
    @inline(__always)
    mutating func fill(_ wait: (UnsafeMutablePointer<epoll_event>, CInt) -> CInt) -> CInt {
        if wasFull { grow() }
        let result = unsafe wait(buffer, CInt(truncatingIfNeeded: capacity))
        unsafe position = buffer
        unsafe end = buffer + max(0, Int(result))
        wasFull = Int(result) == capacity
        return result
    }

    /// Called while no event is left. Without memory the batch stays as it is, and what does not fit comes later.
    @inline(never)
    private mutating func grow() {
        let larger = min(capacity * 2, limit)
        guard larger > capacity, let new = unsafe Self.makeBuffer(larger) else { return }
        unsafe free(buffer)
        unsafe buffer = new
        capacity = larger
    }
}
