internal import CLinux
internal import Glibc
public import Readiness
public import Sockets
internal import Synchronization
public import SystemPackage

/// The kernel's event notification (`epoll(7)`): descriptors are registered once, and each wait gives those that are
/// ready, at a cost that does not grow with the number registered.
///
/// Any number of threads may wait on one `Epoll` and add, modify, rearm and remove at the same time; each waits into a
/// batch of its own. With a one-shot trigger only one of them gets a descriptor's event, and no other hears of the
/// descriptor until it is rearmed.
///
/// Descriptors are borrowed, not owned:
/// - The close of a `Descriptor` or a `Socket` removes it first, and ends the events that were collected for it.
/// - A descriptor that another library closes is forgotten by the kernel, if no duplicate of it is left; its number can
///   then be added again. Remove it before such a close: otherwise events collected earlier are still handed out.
///
/// An `Epoll` is itself a descriptor that is readable while events wait, so one may watch another.
///
/// A child process that was forked gets an error from every call; it makes an `Epoll` of its own.
public struct Epoll: ~Copyable, Sendable, DescriptorHolder, Multiplexer {
    private let descriptor: Descriptor
    private let watching: WatchedRegistrations

    /// A new, empty instance (`epoll_create1(2)`). SIGPIPE is ignored from here on, unless the program handles it.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    public init() throws(IOError) {
        SigPipe.ignore()
        let descriptor = Descriptor(number: try checked("epoll_create1", clinux_epoll_create()))
        watching = try WatchedRegistrations(of: "Epoll", epoll: descriptor.fileDescriptor.rawValue)
        self.descriptor = descriptor
    }

    deinit {
        watching.end()
    }

    /// Readable while events wait.
    public var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    private var registrations: Registrations { watching.table }
    private var number: CInt { descriptor.fileDescriptor.rawValue }

    /// What epoll can do: everything but regular files.
    public var capabilities: Capabilities {
        [.edgeTriggered, .priority, .peerClosed, .failure, .hangUp, .constantTime, .anyNumber]
    }

    // MARK: Registering

    /// Watches a descriptor (`epoll_ctl(2)`, EPOLL_CTL_ADD). If it is ready now, the next wait says so.
    ///
    /// With an empty interest, errors and hang-ups are reported once, whatever the trigger.
    ///
    /// - Throws: `alreadyRegistered`, `notPollable` for regular files and others that never block, `closed` for a number
    ///   that is not open, `noMemory`, `forked`.
    public func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        try add(number: holder.number, RegistrationMode(interest, trigger), token)
    }

    /// Watches a descriptor that other instances watch too, in such a way that an event wakes one or few of the threads that
    /// wait, not all (`epoll_ctl(2)`, EPOLLEXCLUSIVE): for a listening socket that several loops share.
    ///
    /// Which one is woken is not specified; the kernel here takes the one that began to wait last. The registration cannot
    /// be changed: remove the descriptor and add it again. The kernel takes readable, writable or both, and no one-shot.
    ///
    /// - Throws: as ``add(_:for:trigger:token:)``; `unsupported` for another interest or trigger.
    public func addExclusively(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        guard !trigger.isOneShot, interest.isSubset(of: [.readable, .writable]) else {
            throw IOError(
                "epoll_ctl",
                .unsupported,
                detail: "exclusive wake-up knows readable and writable, level and edge; use add for others"
            )
        }
        let mode = RegistrationMode(interest, trigger, isExclusive: true)
        try add(number: holder.number, mode, token)
    }

    /// Changes what a registered descriptor is watched for, how, and as what (`epoll_ctl(2)`, EPOLL_CTL_MOD).
    ///
    /// The kernel looks anew: if the descriptor is ready now, the next wait says so, with an edge trigger too. After a
    /// one-shot event this rearms the descriptor.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`; `invalidArgument` for an exclusive registration.
    public func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        try modify(number: holder.number) { _, _ in (RegistrationMode(interest, trigger), token) }
    }

    /// Watches again for what a descriptor was registered for, or for something else in the same way; the trigger and the
    /// token stay (`epoll_ctl(2)`, EPOLL_CTL_MOD).
    ///
    /// This is the end of a one-shot event's work. If the descriptor is ready already, the next wait says so, in whatever
    /// thread.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`; `invalidArgument` for an exclusive registration.
    public func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest? = nil
    ) throws(IOError) {
        try modify(number: holder.number) { mode, token in
            (RegistrationMode(interest ?? mode.interest, mode.trigger), token)
        }
    }

    /// Ends the watching of a descriptor (`epoll_ctl(2)`, EPOLL_CTL_DEL): no batch hands out an event of it after this
    /// call, those that were collected before included.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`.
    public func remove(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        try remove(number: holder.number)
    }

    private func add(number: CInt, _ mode: RegistrationMode, _ token: Token) throws(IOError) {
        try watching.refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw .notOpen("epoll_ctl", number) }
        let result = registrations.changes.withLock { _ in addLocked(number, mode, token) }
        guard result < 0 else { return }
        throw .registration("epoll_ctl", result, number)
    }

    private func addLocked(_ number: CInt, _ mode: RegistrationMode, _ token: Token) -> CInt {
        // No room is made for a number that may be any: that of high ones is large.
        guard unsafe registrations.slot(UInt32(bitPattern: number)) != nil || clinux_is_open(number)
        else { return -EBADF }
        guard let slot = unsafe registrations.makeSlot(UInt32(bitPattern: number)) else { return -ENOMEM }
        // Before the kernel can tell another thread of it, which may close it.
        watching.began(number)
        let key = unsafe slot.pointee.nextKey(number)
        if unsafe slot.pointee.currentMode.isRegistered {
            // Either a mistake, and then what stands must stay undisturbed; or somebody else closed the descriptor.
            let result = control(EPOLL_CTL_ADD, number, mode, key)
            // A number that cannot be registered is not registered: what stood here was of another file.
            if result == -EPERM || result == -EBADF {
                unsafe slot.pointee.end()
                watching.ended(number)
            }
            guard result == 0 else { return result }
            unsafe slot.pointee.publish(key, mode, token)
            // Until here other threads passed over its events. Nothing is lost, for the kernel looks again.
            return replace(number, mode, key)
        }
        // First known here, then to the kernel: the first event may reach another thread before the call returns.
        unsafe slot.pointee.publish(key, mode, token)
        var result = control(EPOLL_CTL_ADD, number, mode, key)
        if result == -EEXIST {
            // An old registration, kept alive by a duplicate that has now been put back on its number.
            result = replace(number, mode, key)
        }
        if result < 0 {
            unsafe slot.pointee.end()
            watching.ended(number)
        }
        return result
    }

    /// Not by EPOLL_CTL_MOD, which knows no exclusive registrations.
    private func replace(_ number: CInt, _ mode: RegistrationMode, _ key: UInt64) -> CInt {
        _ = control(EPOLL_CTL_DEL, number, mode, 0)
        return control(EPOLL_CTL_ADD, number, mode, key)
    }

    private func modify(
        number: CInt,
        _ change: (RegistrationMode, Token) -> (RegistrationMode, Token)
    ) throws(IOError) {
        try watching.refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw .notOpen("epoll_ctl", number) }
        let result = registrations.changes.withLock { _ in modifyLocked(number, change) }
        guard result < 0 else { return }
        throw .registration("epoll_ctl", result, number)
    }

    private func modifyLocked(
        _ number: CInt,
        _ change: (RegistrationMode, Token) -> (RegistrationMode, Token)
    ) -> CInt {
        guard let slot = unsafe registrations.registeredSlot(number) else { return notRegistered(number) }
        let old = unsafe slot.pointee.currentMode
        guard !old.isExclusive else { return -EINVAL }
        let (mode, token) = unsafe change(old, slot.pointee.currentToken)
        let key = unsafe slot.pointee.change(from: old, to: mode, token, number)
        let result = control(EPOLL_CTL_MOD, number, mode, key)
        if result < 0 { unsafe slot.pointee.end() }
        return result
    }

    private func remove(number: CInt) throws(IOError) {
        try watching.refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw .notOpen("epoll_ctl", number) }
        let result = registrations.changes.withLock { _ in removeLocked(number) }
        guard result < 0 else { return }
        throw .registration("epoll_ctl", result, number)
    }

    private func removeLocked(_ number: CInt) -> CInt {
        guard let slot = unsafe registrations.registeredSlot(number) else { return notRegistered(number) }
        let mode = unsafe slot.pointee.currentMode
        unsafe slot.pointee.end()
        watching.ended(number)
        return control(EPOLL_CTL_DEL, number, mode, 0)
    }

    private func control(_ operation: CInt, _ number: CInt, _ mode: RegistrationMode, _ key: UInt64) -> CInt {
        clinux_epoll_ctl(self.number, operation, number, mode.epollFlags, key)
    }

    // MARK: Waiting

    /// Waits until a registered descriptor is ready, and collects up to `batch.capacity` events
    /// (`epoll_wait(2)`, `epoll_pwait2(2)`).
    ///
    /// A signal that interrupts the wait does not end it, nor prolong it. If events of an earlier wait are left in the
    /// batch, the call returns at once with those.
    ///
    /// - Parameters:
    ///   - batch: where the events go.
    ///   - limit: how long to wait, to the nanosecond and never shorter; zero or less only looks; `nil` waits for ever.
    /// - Returns: how many events the batch holds, 0 when the time has passed. Some may prove stale in ``EventBatch/next()``.
    /// - Throws: `busy` when the batch holds events of another multiplexer, `forked`.
    @discardableResult
    public func wait(into batch: inout EventBatch, upTo limit: Duration? = nil) throws(IOError) -> Int {
        guard let limit else { return try wait(into: &batch, until: nil) }
        guard limit > .zero else { return try unsafe collect(into: &batch) { unsafe epollLook($0, $1, $2) } }
        return try wait(into: &batch, until: MonotonicInstant.now.advanced(by: limit))
    }

    /// Waits as ``wait(into:upTo:)`` does, until a point in time at the latest; `nil` waits for ever.
    @discardableResult
    public func wait(into batch: inout EventBatch, until deadline: MonotonicInstant?) throws(IOError) -> Int {
        guard let deadline else { return try unsafe collect(into: &batch) { unsafe epollWait($0, $1, $2) } }
        return try unsafe collect(into: &batch) { unsafe epollWait($0, $1, $2, until: deadline) }
    }

    @inline(__always)
    private func collect(
        into batch: inout EventBatch,
        _ wait: (CInt, UnsafeMutablePointer<epoll_event>, CInt) -> CInt
    ) throws(IOError) -> Int {
        try watching.refuseAfterFork("epoll_wait")
        guard try batch.prepare(for: registrations) else { return batch.count }
        let epoll = number
        return Int(try checked("epoll_wait", unsafe batch.fill { unsafe wait(epoll, $0, $1) }))
    }
}
