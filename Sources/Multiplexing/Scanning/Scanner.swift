internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// What select and poll have in common: the kernel keeps no registrations for them, so they are kept here, and what epoll
/// does with a registration after an event is done here too.
struct Scanner<Set: ScannedSet & ~Copyable>: ~Copyable, Sendable {
    private let operation: IOError.Operation
    private let watching: WatchedRegistrations
    private var set = Set()

    /// - Throws: `noMemory`.
    init(_ owner: IOError.Operation, _ operation: IOError.Operation) throws(IOError) {
        SigPipe.ignore()
        watching = try WatchedRegistrations(of: owner)
        self.operation = operation
    }

    deinit {
        watching.end()
    }

    private var registrations: Registrations { watching.table }

    // MARK: Registering

    mutating func add(_ number: CInt, _ mode: RegistrationMode, _ token: Token) throws(IOError) {
        try watching.refuseAfterFork(operation)
        guard number >= 0, clinux_is_open(number) else { throw .notOpen(operation, number) }
        let registrations = registrations
        let result = registrations.changes.withLock { _ in addLocked(number, mode, token) }
        guard result < 0 else { return }
        throw .registration(operation, result, number)
    }

    private mutating func addLocked(_ number: CInt, _ mode: RegistrationMode, _ token: Token) -> CInt {
        guard let slot = unsafe registrations.makeSlot(UInt32(bitPattern: number)) else { return -ENOMEM }
        guard unsafe !slot.pointee.currentMode.isRegistered else { return -EEXIST }
        // Before another thread can hear of it, which may close it.
        watching.began(number)
        unsafe slot.pointee.publish(slot.pointee.nextKey(number), mode, token)
        set.arm(number, for: mode.interest)
        return 0
    }

    /// `change` is given what stands.
    mutating func modify(
        _ number: CInt,
        _ change: (RegistrationMode, Token) -> (RegistrationMode, Token)
    ) throws(IOError) {
        try watching.refuseAfterFork(operation)
        guard number >= 0 else { throw .notOpen(operation, number) }
        let registrations = registrations
        let result = registrations.changes.withLock { _ in modifyLocked(number, change) }
        guard result < 0 else { return }
        throw .registration(operation, result, number)
    }

    private mutating func modifyLocked(
        _ number: CInt,
        _ change: (RegistrationMode, Token) -> (RegistrationMode, Token)
    ) -> CInt {
        guard let slot = unsafe registrations.registeredSlot(number) else { return notRegistered(number) }
        let old = unsafe slot.pointee.currentMode
        guard clinux_is_open(number) else {
            unsafe slot.pointee.end()
            set.drop(number)
            return -EBADF
        }
        let (mode, token) = unsafe change(old, slot.pointee.currentToken)
        unsafe slot.pointee.change(from: old, to: mode, token, number)
        set.arm(number, for: mode.interest)
        return 0
    }

    mutating func remove(_ number: CInt) throws(IOError) {
        try watching.refuseAfterFork(operation)
        guard number >= 0 else { throw .notOpen(operation, number) }
        let registrations = registrations
        let wasRegistered = registrations.changes.withLock { _ in
            guard let slot = unsafe registrations.registeredSlot(number) else { return false }
            unsafe slot.pointee.end()
            return true
        }
        guard wasRegistered else { throw .registration(operation, notRegistered(number), number) }
        watching.ended(number)
        set.drop(number)
        guard clinux_is_open(number) else { throw .notOpen(operation, number) }
    }

    // MARK: Waiting

    mutating func wait(into batch: inout EventBatch, until deadline: MonotonicInstant?) throws(IOError) -> Int {
        try watching.refuseAfterFork(operation)
        guard try batch.prepare(for: registrations) else { return batch.count }
        while true {
            dropForgotten()
            let left = deadline.map(Self.nanosecondsLeft) ?? -1
            let result = set.wait(nanoseconds: left)
            switch result {
            case 1...:
                collect(result, into: &batch)
                if !batch.isEmpty { return batch.count }
            case 0, -EINTR: break
            // Somebody closed a descriptor without its owner's knowledge: as epoll does, it is forgotten.
            case -EBADF:
                forgetDead()
                continue
            default: throw IOError(operation, errno: Errno(rawValue: -result))
            }
            // After the deadline has passed, one look was the last one.
            if left == 0 { return 0 }
        }
    }

    private static func nanosecondsLeft(until deadline: MonotonicInstant) -> Int64 {
        let now = MonotonicInstant.now
        return now < deadline ? deadline.nanoseconds - now.nanoseconds : 0
    }

    /// Descriptors whose owners closed them must not be asked for: their numbers may be others' now.
    private mutating func dropForgotten() {
        let registrations = registrations
        guard registrations.hasForgotten.exchange(false, ordering: .acquiring) else { return }
        set.dropAll { number in unsafe registrations.registeredSlot(number) == nil }
    }

    private mutating func collect(_ ready: CInt, into batch: inout EventBatch) {
        let registrations = registrations
        // No registration ends meanwhile: an event must carry the key of the one that it was asked for.
        registrations.changes.withLock { _ in
            _ = unsafe batch.fill { events, capacity in unsafe collectLocked(ready, events, capacity) }
        }
    }

    private mutating func collectLocked(
        _ ready: CInt,
        _ events: UnsafeMutablePointer<epoll_event>,
        _ capacity: CInt
    ) -> CInt {
        let registrations = registrations
        var count: CInt = 0
        set.showReady(ready) { number, flags in
            guard count < capacity else { return .stop }
            let isOpen = flags & UInt16(CLINUX_POLL_NOT_OPEN) == 0
            guard isOpen, let slot = unsafe registrations.registeredSlot(number) else {
                registrations.endLocked(number)
                return .disarm
            }
            let mode = unsafe slot.pointee.currentMode
            let reported = mode.reported(of: flags)
            guard reported != 0 else { return .keep }
            unsafe events[Int(count)] = epoll_event(events: reported, data: epoll_data_t(u64: slot.pointee.currentKey))
            count += 1
            return mode.endsWithItsEvent ? .disarm : .keep
        }
        return count
    }

    private mutating func forgetDead() {
        let registrations = registrations
        registrations.changes.withLock { _ in
            set.dropAll { number in
                guard !clinux_is_open(number) else { return false }
                registrations.endLocked(number)
                return true
            }
        }
    }
}
