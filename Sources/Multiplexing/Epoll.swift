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
/// - The close of a ``Descriptor`` or a ``Socket`` removes it first, and ends the events that were collected for it.
/// - A descriptor that another library closes is forgotten by the kernel, if no duplicate of it is left; its number can
///   then be added again. Remove it before such a close: otherwise events collected earlier are still handed out.
///
/// An `Epoll` is itself a descriptor that is readable while events wait, so one may watch another.
///
/// A child process that was forked gets an error from every call; it makes an `Epoll` of its own.
public struct Epoll: ~Copyable, Sendable, DescriptorHolder {
    private let descriptor: Descriptor
    private let registrations = Registrations()
    private let forks: UInt32

    /// A new, empty instance (`epoll_create1(2)`). SIGPIPE is ignored from here on, unless the program handles it.
    ///
    /// - Throws: `noDescriptors`, `noMemory`.
    public init() throws(IOError) {
        SigPipe.ignore()
        descriptor = Descriptor(number: try checked("epoll_create1", clinux_epoll_open()))
        forks = clinux_forks()
    }

    deinit {
        clinux_epoll_retire(number)
    }

    /// Readable while events wait.
    public var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    private var number: CInt { descriptor.fileDescriptor.rawValue }

    /// What epoll can do: everything but regular files.
    public static var capabilities: Capabilities {
        [.edgeTriggered, .priority, .peerClosed, .constantTime, .anyNumber]
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
        try add(number: holder.fileDescriptor.rawValue, interest, trigger, token)
    }

    /// Changes what a registered descriptor is watched for, how, and as what (`epoll_ctl(2)`, EPOLL_CTL_MOD).
    ///
    /// The kernel looks anew: if the descriptor is ready now, the next wait says so, with an edge trigger too. After a
    /// one-shot event this rearms the descriptor.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`.
    public func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger = .level,
        token: Token
    ) throws(IOError) {
        let descriptor = holder.fileDescriptor.rawValue
        try modify(number: descriptor) { _, _ in (interest, trigger, token) }
    }

    /// Watches again for what a descriptor was registered for, or for something else in the same way; the trigger and the
    /// token stay (`epoll_ctl(2)`, EPOLL_CTL_MOD).
    ///
    /// This is the end of a one-shot event's work. If the descriptor is ready already, the next wait says so, in whatever
    /// thread.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`.
    public func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest? = nil
    ) throws(IOError) {
        let descriptor = holder.fileDescriptor.rawValue
        try modify(number: descriptor) { state, token in (interest ?? state.interest, state.trigger, token) }
    }

    /// Ends the watching of a descriptor (`epoll_ctl(2)`, EPOLL_CTL_DEL): no batch hands out an event of it after this
    /// call, those that were collected before included.
    ///
    /// - Throws: `notRegistered`, `closed`, `forked`.
    public func remove(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        try remove(number: holder.fileDescriptor.rawValue)
    }

    private func add(number: CInt, _ interest: Interest, _ trigger: Trigger, _ token: Token) throws(IOError) {
        try refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw closedError(number) }
        let result = registrations.changes.withLock { _ in addLocked(number, interest, trigger, token) }
        guard result < 0 else { return }
        throw registrationError(result, number)
    }

    private func addLocked(_ number: CInt, _ interest: Interest, _ trigger: Trigger, _ token: Token) -> CInt {
        guard let slot = unsafe registrations.makeSlot(number) else { return -ENOMEM }
        let state = unsafe slot.pointee.current
        let next = state.next(interest, trigger)
        let closes = clinux_generation(number)
        if unsafe state.isRegistered && !slot.pointee.wasClosed(number) {
            // Either a mistake, and then what stands must stay undisturbed; or somebody else closed the descriptor.
            let result = control(EPOLL_CTL_ADD, number, next)
            guard result == 0 else { return result }
            unsafe slot.pointee.publish(next, token: token, closes: closes)
            // Until here other threads passed over its events. Nothing is lost, for the kernel looks again.
            return control(EPOLL_CTL_MOD, number, next)
        }
        // First known here, then to the kernel: the first event may reach another thread before the call returns.
        unsafe slot.pointee.publish(next, token: token, closes: closes)
        var result = control(EPOLL_CTL_ADD, number, next)
        if result == -EEXIST {
            // An old registration, kept alive by a duplicate that has now been put back on its number.
            result = control(EPOLL_CTL_MOD, number, next)
        }
        if result < 0 {
            unsafe slot.pointee.replace(next.vacated)
        } else {
            clinux_watch_began(self.number, number)
        }
        return result
    }

    private func modify(
        number: CInt,
        _ change: (RegistrationState, Token) -> (Interest, Trigger, Token)
    ) throws(IOError) {
        try refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw closedError(number) }
        let result = registrations.changes.withLock { _ in modifyLocked(number, change) }
        guard result < 0 else { return }
        throw registrationError(result, number)
    }

    private func modifyLocked(
        _ number: CInt,
        _ change: (RegistrationState, Token) -> (Interest, Trigger, Token)
    ) -> CInt {
        guard let slot = unsafe registrations.slot(number) else { return -ENOENT }
        let state = unsafe slot.pointee.current
        guard unsafe state.isRegistered && !slot.pointee.wasClosed(number) else { return -ENOENT }
        let token = unsafe slot.pointee.currentToken
        let (newInterest, newTrigger, newToken) = change(state, token)
        let next: RegistrationState
        if state.trigger.isOneShot || newTrigger.isOneShot || newToken != token {
            // An event that another thread has collected but not yet handed out must not come on top of the one that
            // the kernel reports now: two threads would work on the descriptor.
            next = state.next(newInterest, newTrigger)
            unsafe slot.pointee.publish(next, token: newToken, closes: clinux_generation(number))
        } else {
            next = state.changed(newInterest, newTrigger)
            unsafe slot.pointee.replace(next)
        }
        let result = control(EPOLL_CTL_MOD, number, next)
        if result < 0 { unsafe slot.pointee.replace(next.vacated) }
        return result
    }

    private func remove(number: CInt) throws(IOError) {
        try refuseAfterFork("epoll_ctl")
        guard number >= 0 else { throw closedError(number) }
        let result = registrations.changes.withLock { _ in removeLocked(number) }
        guard result < 0 else { return }
        throw registrationError(result, number)
    }

    private func removeLocked(_ number: CInt) -> CInt {
        guard let slot = unsafe registrations.slot(number) else { return -ENOENT }
        let state = unsafe slot.pointee.current
        guard state.isRegistered else { return -ENOENT }
        let wasClosed = unsafe slot.pointee.wasClosed(number)
        unsafe slot.pointee.replace(state.vacated)
        guard !wasClosed else { return -ENOENT }
        clinux_watch_ended(self.number, number)
        return control(EPOLL_CTL_DEL, number, state)
    }

    private func control(_ operation: CInt, _ number: CInt, _ state: RegistrationState) -> CInt {
        clinux_epoll_ctl(
            self.number,
            operation,
            number,
            state.interest.kernelFlags(state.trigger),
            state.eventData(number)
        )
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
        try refuseAfterFork("epoll_wait")
        guard try batch.prepare(for: registrations) else { return batch.count }
        let epoll = number
        let result =
            if let limit {
                unsafe batch.fill { unsafe epollWait(epoll, $0, $1, limit: limit.nanoseconds) }
            } else {
                unsafe batch.fill { unsafe epollWait(epoll, $0, $1) }
            }
        return Int(try checked("epoll_wait", result))
    }

    /// Waits as ``wait(into:upTo:)`` does, until a point in time at the latest.
    @discardableResult
    public func wait(into batch: inout EventBatch, until deadline: ContinuousClock.Instant) throws(IOError) -> Int {
        try wait(into: &batch, upTo: ContinuousClock.now.duration(to: deadline))
    }

    // MARK: Errors

    /// The child shares the parent's instance: what it changed would change for its parent.
    private func refuseAfterFork(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        guard clinux_forks() == forks else {
            throw IOError(operation(), .forked, detail: "this Epoll belongs to the parent process; make a new one")
        }
    }

    private func closedError(_ number: CInt) -> IOError {
        IOError("epoll_ctl", .closed, errno: .badFileDescriptor, detail: "descriptor \(number) is not open")
    }

    private func registrationError(_ result: CInt, _ number: CInt) -> IOError {
        let errno = Errno(rawValue: -result)
        return switch errno {
        case .fileExists:
            IOError(
                "epoll_ctl",
                .alreadyRegistered,
                errno: errno,
                detail: "descriptor \(number) is watched already; modify it, or remove it first"
            )
        case .noSuchFileOrDirectory:
            IOError(
                "epoll_ctl",
                .notRegistered,
                errno: errno,
                detail: "descriptor \(number) is not watched; add it first"
            )
        case .notPermitted:
            IOError(
                "epoll_ctl",
                .notPollable,
                errno: errno,
                detail: "descriptor \(number) is a regular file, a directory or a device that never blocks; "
                    + "read or write it directly"
            )
        case .badFileDescriptor:
            closedError(number)
        default:
            IOError("epoll_ctl", errno: errno, detail: "descriptor \(number)")
        }
    }
}
