internal import CLinux

/// Bytes that the kernel has not taken yet, in order. Without any it holds no memory.
@safe
struct Outbox: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private var start = 0
    private(set) var count = 0

    init() {}

    deinit {
        unsafe memory?.deallocate()
    }

    @inline(__always) var isEmpty: Bool { count == 0 }

    /// Offers the kernel what there is: how much it took, or -errno.
    func offer(to number: CInt) -> Int {
        guard let memory = unsafe memory else { return 0 }
        return unsafe clinux_send_quietly(number, memory + start, count)
    }

    mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        makeRoom(bytes.count)
        guard let memory = unsafe memory else { return }
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe (memory + start + count).initialize(from: source, count: bytes.count)
        }
        count += bytes.count
    }

    private mutating func makeRoom(_ more: Int) {
        guard start + count + more > capacity else { return }
        let needed = count + more
        if needed <= capacity, let memory = unsafe memory {
            unsafe memory.update(from: memory + start, count: count)
            start = 0
            return
        }
        let larger = max(needed, min(2 * capacity, needed + 1_048_576))
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        if let memory = unsafe memory {
            unsafe new.initialize(from: memory + start, count: count)
            unsafe memory.deallocate()
        }
        unsafe memory = new
        capacity = larger
        start = 0
    }

    /// The kernel, or a reader, has taken so many.
    mutating func removeFirst(_ taken: Int) {
        start += taken
        count -= taken
        if count == 0 { removeAll() }
    }

    mutating func removeAll() {
        unsafe memory?.deallocate()
        unsafe memory = nil
        capacity = 0
        start = 0
        count = 0
    }
}
