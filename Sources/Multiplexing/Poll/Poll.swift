internal import CLinux
public import Readiness
public import Sockets

/// The kernel's `poll(2)`: every wait hands it all that is watched, at a cost that grows with the number of descriptors.
///
/// For a few descriptors, for regular files beside sockets, and where no descriptor is to be spent on the waiting itself;
/// otherwise ``Epoll`` is faster. It belongs to one thread at a time; a `Waker` ends its wait from another.
///
/// Descriptors are borrowed, not owned: the close of a `Descriptor` or a `Socket`, by whatever thread, removes it first. One
/// that another library closes is forgotten when the next wait finds its number closed.
///
/// A child process that was forked gets an error from every call; it makes a `Poll` of its own.
public struct Poll: ~Copyable, Sendable, Multiplexer {
    private var scanner: Scanner<PollSet>

    /// An empty one. SIGPIPE is ignored from here on, unless the program handles it.
    ///
    /// - Throws: `noMemory`.
    public init() throws(IOError) {
        scanner = try Scanner("Poll", "poll")
    }

    /// What poll can do: everything but edges, and constant cost.
    public var capabilities: Capabilities { [.priority, .peerClosed, .failure, .hangUp, .anyFile, .anyNumber] }

    private func checkSupport(_ trigger: Trigger) throws(IOError) {
        guard !trigger.isEdge else {
            throw IOError("poll", .unsupported, detail: "poll has no edge trigger; use .level, .levelOneShot or Epoll")
        }
    }

    public mutating func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError) {
        try checkSupport(trigger)
        try scanner.add(holder.number, RegistrationMode(interest, trigger), token)
    }

    public mutating func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        try checkSupport(trigger)
        try scanner.modify(holder.number) { _, _ in (RegistrationMode(interest, trigger), token) }
    }

    public mutating func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest?
    ) throws(IOError) {
        try scanner.modify(holder.number) { mode, token in
            (RegistrationMode(interest ?? mode.interest, mode.trigger), token)
        }
    }

    public mutating func remove(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        try scanner.remove(holder.number)
    }

    @discardableResult
    public mutating func wait(into batch: inout EventBatch, until deadline: MonotonicInstant?) throws(IOError) -> Int {
        try scanner.wait(into: &batch, until: deadline)
    }
}
