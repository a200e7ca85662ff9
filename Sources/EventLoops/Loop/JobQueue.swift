/// Jobs that wait for the loop, first in, first out, in memory that is used again.
@safe
struct JobQueue: ~Copyable {
    /// A job, and by which face of the loop it came: it runs as that executor's.
    struct Entry {
        let job: UnownedJob
        let isSerial: Bool
    }

    private var entries: UnsafeMutablePointer<Entry>
    /// A power of two.
    private var capacity = 64
    private var head = 0
    private(set) var count = 0

    init() {
        unsafe entries = .allocate(capacity: capacity)
    }

    deinit {
        unsafe entries.deallocate()
    }

    @inline(__always) var isEmpty: Bool { count == 0 }

    @inline(__always)
    mutating func append(_ entry: Entry) {
        if count == capacity { grow() }
        unsafe (entries + (head &+ count) & (capacity &- 1)).initialize(to: entry)
        count &+= 1
    }

    @inline(__always)
    mutating func removeFirst() -> Entry? {
        guard count > 0 else { return nil }
        let entry = unsafe entries[head]
        head = (head &+ 1) & (capacity &- 1)
        count &-= 1
        return entry
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        for index in 0..<count {
            unsafe (larger + index).initialize(to: entries[(head + index) & (capacity - 1)])
        }
        unsafe entries.deallocate()
        unsafe entries = larger
        capacity *= 2
        head = 0
    }
}
