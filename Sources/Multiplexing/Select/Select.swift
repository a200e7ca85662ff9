internal import CLinux
public import Readiness
public import Sockets

/// The kernel's oldest way, `select(2)`: every wait hands it three bitmaps, at a cost that grows with the highest number.
///
/// It knows readable, writable and exceptional (out-of-band data), and no more: errors and hang-ups show as readable or
/// writable. Its bitmaps have any size: the limit of 1,024 is that of C's type `fd_set`, not the kernel's. It belongs to one
/// thread at a time; a `Waker` ends its wait from another. ``Poll`` costs less where numbers are high, ``Epoll`` nearly
/// always.
///
/// Descriptors are borrowed, not owned: the close of a `Descriptor` or a `Socket`, by whatever thread, removes it first. One
/// that another library closes is forgotten when the next wait finds its number closed.
///
/// A child process that was forked gets an error from every call; it makes a `Select` of its own.
public struct Select: ~Copyable, Sendable, Multiplexer {
    /// Which numbers are taken.
    public enum Limit: Hashable, Sendable {
        /// Every number that the kernel gives out.
        case none
        /// Numbers below 1,024 (FD_SETSIZE), as with C's `fd_set`: for demonstration.
        case classic
    }

    private static let classicLimit: CInt = 1024

    private var scanner: Scanner<SelectSet>
    private let limit: Limit

    /// An empty one. SIGPIPE is ignored from here on, unless the program handles it.
    ///
    /// - Throws: `noMemory`.
    public init(limit: Limit = .none) throws(IOError) {
        scanner = try Scanner("Select", "select")
        self.limit = limit
    }

    /// What select can do: out-of-band data and all kinds of files.
    public var capabilities: Capabilities {
        limit == .classic ? [.priority, .anyFile] : [.priority, .anyFile, .anyNumber]
    }

    private func checkSupport(_ interest: Interest, _ trigger: Trigger = .level) throws(IOError) {
        guard !trigger.isEdge else {
            throw IOError(
                "select",
                .unsupported,
                detail: "select has no edge trigger; use .level, .levelOneShot or Epoll"
            )
        }
        guard !interest.contains(.failure) else {
            throw IOError(
                "select",
                .unsupported,
                detail: "select cannot report a failure alone; watch for readable, or use Poll or Epoll"
            )
        }
        guard !interest.contains(.peerClosed) else {
            throw IOError(
                "select",
                .unsupported,
                detail: "select cannot report that the peer closed; read until the end, or use Poll or Epoll"
            )
        }
    }

    private func checkNumber(_ number: CInt) throws(IOError) {
        guard limit == .none || number < Self.classicLimit else {
            throw IOError(
                "select",
                .outOfRange,
                detail: "descriptor \(number) does not fit an fd_set of 1024; use limit: .none, Poll or Epoll"
            )
        }
    }

    public mutating func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError) {
        try checkSupport(interest, trigger)
        try checkNumber(holder.number)
        try scanner.add(holder.number, RegistrationMode(interest, trigger), token)
    }

    public mutating func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        try checkSupport(interest, trigger)
        try scanner.modify(holder.number) { _, _ in (RegistrationMode(interest, trigger), token) }
    }

    public mutating func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest?
    ) throws(IOError) {
        try checkSupport(interest ?? [])
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
