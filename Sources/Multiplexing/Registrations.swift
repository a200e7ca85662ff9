internal import CLinux
internal import Glibc
internal import Synchronization

/// The registrations of one multiplexer, by descriptor number.
///
/// Numbers are small and dense, so they index segments: the first holds 256 slots, each further one as many as all before
/// it. A segment is made when a number in it is first registered, and stays where it is until the end; therefore events
/// are looked up without a lock, from any thread.
///
/// Unchecked, because it holds pointers: `segments` never changes, what it points to is atomic, and only `deinit` frees.
@safe
final class Registrations: @unchecked Sendable {
    private static let firstSize: UInt32 = 256
    private static let segmentCount = 24

    /// Held while a registration is changed, together with the system call that changes it in the kernel.
    let changes = Mutex<Void>(())
    let segments: UnsafeMutablePointer<Segment>

    /// The address of a segment's slots, once there is one.
    typealias Segment = Atomic<UnsafeMutablePointer<RegistrationSlot>?>

    init() {
        unsafe segments = .allocate(capacity: Self.segmentCount)
        for index in 0..<Self.segmentCount {
            unsafe (segments + index).initialize(to: Atomic(nil))
        }
    }

    deinit {
        for index in 0..<Self.segmentCount {
            unsafe free(segments[index].load(ordering: .relaxed))
        }
        unsafe segments.deinitialize(count: Self.segmentCount)
        unsafe segments.deallocate()
    }

    /// Where the slot of a number is, which is not negative: the segment, and the place in it.
    @inline(__always)
    private static func place(_ number: CInt) -> (segment: Int, index: Int) {
        let position = UInt32(bitPattern: number) + firstSize
        let highest = 31 - position.leadingZeroBitCount
        return (highest - firstSize.trailingZeroBitCount, Int(position ^ (1 << UInt32(highest))))
    }

    /// The slot of a number, or `nil` when neither it nor a neighbour was ever registered.
    @inline(__always)
    static func slot(
        _ number: CInt,
        in segments: UnsafeMutablePointer<Segment>
    ) -> UnsafeMutablePointer<RegistrationSlot>? {
        let place = place(number)
        guard let slots = unsafe segments[place.segment].load(ordering: .acquiring) else { return nil }
        return unsafe slots + place.index
    }

    func slot(_ number: CInt) -> UnsafeMutablePointer<RegistrationSlot>? {
        unsafe Self.slot(number, in: segments)
    }

    /// The slot of a number, made if need be; `nil` when memory is out. Called under the lock.
    func makeSlot(_ number: CInt) -> UnsafeMutablePointer<RegistrationSlot>? {
        if let slot = unsafe slot(number) { return unsafe slot }
        let segment = Self.place(number).segment
        let count = Int(Self.firstSize) << segment
        // Zeroed by the kernel when a page of it is first touched: a large segment costs what is used of it.
        guard let memory = unsafe calloc(count, MemoryLayout<RegistrationSlot>.stride) else { return nil }
        let slots = unsafe memory.bindMemory(to: RegistrationSlot.self, capacity: count)
        unsafe segments[segment].store(slots, ordering: .releasing)
        return unsafe slot(number)
    }
}
