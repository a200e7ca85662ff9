public import Readiness
public import Sockets

/// One of the kernel's ways to wait for many descriptors: ``Select``, ``Poll`` or ``Epoll``.
///
/// They differ in cost and in what ``capabilities`` says; what all can do, they do alike. A loop that is generic over its
/// multiplexer is compiled for each, without a call in between.
///
/// Descriptors are borrowed, not owned. The close of a `Descriptor` or a `Socket` removes it first, whichever thread closes
/// it, and ends the events that were collected for it.
public protocol Multiplexer: ~Copyable {
    /// What this one can do. Asking for anything else is a typed error, never something less.
    var capabilities: Capabilities { get }

    /// Watches a descriptor. If it is ready now, the next wait says so.
    ///
    /// With an empty interest, errors and hang-ups are reported once, whatever the trigger, where the kernel's call can
    /// report them at all.
    ///
    /// - Throws: `alreadyRegistered`; `unsupported` for an interest or a trigger that ``capabilities`` lacks; `outOfRange`
    ///   for a number that the call cannot take; `notPollable` for regular files and others that never block, where
    ///   ``capabilities`` lacks `anyFile`; `closed` for a number that is not open; `noMemory`, `forked`.
    mutating func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError)

    /// Changes what a registered descriptor is watched for, how, and as what. If it is ready now, the next wait says so;
    /// after a one-shot event this rearms it.
    ///
    /// - Throws: `notRegistered`, `unsupported`, `forked`; `closed` for a number that is not open.
    mutating func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError)

    /// Watches again for what a descriptor was registered for, or for something else in the same way; the trigger and the
    /// token stay.
    ///
    /// - Throws: `notRegistered`, `unsupported`, `forked`; `closed` for a number that is not open.
    mutating func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest?
    ) throws(IOError)

    /// Ends the watching of a descriptor: no batch hands out an event of it after this call, those that were collected
    /// before included.
    ///
    /// - Throws: `notRegistered`, `forked`; `closed` for a number that is not open. One that was closed without its owner's
    ///   knowledge is removed all the same.
    mutating func remove(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError)

    /// Waits until a registered descriptor is ready, and collects up to `batch.capacity` events.
    ///
    /// A signal that interrupts the wait does not end it, nor prolong it. If events of an earlier wait are left in the
    /// batch, the call returns at once with those.
    ///
    /// - Parameters:
    ///   - batch: where the events go.
    ///   - deadline: when to stop waiting, never earlier; one that has passed only looks; `nil` waits without
    ///     a limit, and so in effect does `MonotonicInstant.distantFuture`.
    /// - Returns: how many events the batch holds, 0 when the time has passed. Some may prove stale in
    ///   ``EventBatch/next()``.
    /// - Throws: `busy` when the batch holds events of another multiplexer, `forked`.
    @discardableResult
    mutating func wait(into batch: inout EventBatch, until deadline: MonotonicInstant?) throws(IOError) -> Int

    /// As ``wait(into:until:)``, for a length of time at most: to the nanosecond, and never shorter. A limit of zero or
    /// less only looks; `nil`, and a limit beyond the clock's 292 years, wait without a limit.
    @discardableResult
    mutating func wait(into batch: inout EventBatch, upTo limit: Duration?) throws(IOError) -> Int
}

extension Multiplexer where Self: ~Copyable {
    @discardableResult
    public mutating func wait(into batch: inout EventBatch, upTo limit: Duration?) throws(IOError) -> Int {
        guard let limit else { return try wait(into: &batch, until: nil) }
        return try wait(into: &batch, until: MonotonicInstant.now.advanced(by: limit))
    }

    /// Watches a descriptor level-triggered.
    public mutating func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        token: Token
    ) throws(IOError) {
        try add(holder, for: interest, trigger: .level, token: token)
    }

    /// Watches again for what a descriptor was registered for.
    public mutating func rearm(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        try rearm(holder, for: nil)
    }
}
