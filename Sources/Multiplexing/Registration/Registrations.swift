internal import CLinux
internal import Glibc
internal import Synchronization

/// What epoll says of a number that it has no registration of: whether it is open comes first.
func notRegistered(_ number: CInt) -> CInt {
    clinux_is_open(number) ? -ENOENT : -EBADF
}

/// The registrations of one multiplexer, by descriptor number.
///
/// Numbers are small and dense, so they index segments: the first holds 65,536 slots, each further one as many as all
/// before it. A segment is made when a number in it is first registered, and stays where it is until the end; therefore
/// events are looked up without a lock, from any thread. Memory is taken by the page, when a slot in it is first used.
///
/// Unchecked, because it holds pointers: `segments` never changes, what it points to is atomic, and only `deinit` frees.
@safe
@usableFromInline
final class Registrations: @unchecked Sendable {
    /// Room for every number that is not negative.
    private static let segmentCount = 16

    /// The address of a segment's slots, once there is one.
    private typealias Segment = Atomic<UnsafeMutablePointer<RegistrationSlot>?>

    /// Held while a registration is changed, together with the system call that changes it in the kernel.
    let changes = Mutex<Void>(())
    private let segments: UnsafeMutablePointer<Segment>
    /// The epoll instance that has the registrations too, or -1.
    private let epoll: CInt
    /// Without an instance in the kernel: whether some registration was ended by the close of its descriptor, so that its
    /// multiplexer must not ask for it any more.
    let hasForgotten = Atomic(false)

    /// Fails when memory is out.
    init?(epoll: CInt = -1) {
        self.epoll = epoll
        unsafe segments = .allocate(capacity: Self.segmentCount)
        for index in 0..<Self.segmentCount {
            unsafe (segments + index).initialize(to: Atomic(nil))
        }
        guard unsafe makeSlot(0) != nil else { return nil }
    }

    deinit {
        for index in 0..<Self.segmentCount {
            unsafe free(segments[index].load(ordering: .relaxed))
        }
        unsafe segments.deinitialize(count: Self.segmentCount)
        unsafe segments.deallocate()
    }

    /// Where the slot of a number is: the segment, and the place in it. The sign of the number is not looked at.
    private static func place(_ number: UInt32) -> (segment: Int, index: Int) {
        guard number > 0xffff else { return (0, Int(number)) }
        let highest = 31 - number.leadingZeroBitCount
        return (highest - 15, Int(number ^ 1 << highest))
    }

    /// The slots of the numbers below 65,536.
    var firstSlots: UnsafeMutablePointer<RegistrationSlot>? {
        unsafe segments[0].load(ordering: .relaxed)
    }

    /// The slot of a number, or `nil` when neither it nor a neighbour was ever registered.
    func slot(_ number: UInt32) -> UnsafeMutablePointer<RegistrationSlot>? {
        let place = Self.place(number)
        guard let slots = unsafe segments[place.segment].load(ordering: .acquiring) else { return nil }
        return unsafe slots + place.index
    }

    /// The slot of a number that is registered, or `nil`.
    func registeredSlot(_ number: CInt) -> UnsafeMutablePointer<RegistrationSlot>? {
        guard let slot = unsafe slot(UInt32(bitPattern: number)), unsafe slot.pointee.currentMode.isRegistered
        else { return nil }
        return unsafe slot
    }

    /// The slot of a number, made if need be; `nil` when memory is out. Called under the lock.
    func makeSlot(_ number: UInt32) -> UnsafeMutablePointer<RegistrationSlot>? {
        if let slot = unsafe slot(number) { return unsafe slot }
        let segment = Self.place(number).segment
        let count = 0x8000 << max(segment, 1)
        guard let memory = unsafe calloc(count, MemoryLayout<RegistrationSlot>.stride) else { return nil }
        let slots = unsafe memory.bindMemory(to: RegistrationSlot.self, capacity: count)
        unsafe segments[segment].store(slots, ordering: .releasing)
        return unsafe slot(number)
    }

    /// Ends the registration of a descriptor that its owner is about to close.
    func forget(_ number: CInt) {
        changes.withLock { _ in
            guard let slot = unsafe registeredSlot(number) else { return }
            unsafe slot.pointee.end()
            guard epoll >= 0 else { return hasForgotten.store(true, ordering: .releasing) }
            _ = clinux_epoll_ctl(epoll, EPOLL_CTL_DEL, number, 0, 0)
        }
    }

    /// Ends what may be left of the registration of a descriptor that proved to be closed. Called under the lock.
    func endLocked(_ number: CInt) {
        if let slot = unsafe registeredSlot(number) { unsafe slot.pointee.end() }
        hasForgotten.store(true, ordering: .releasing)
    }
}
