/// The header of one block of queued bytes; the bytes follow it in memory.
@safe
struct OutboxBlock {
    /// How many bytes fit behind a header.
    let capacity: Int
    /// The first byte that the kernel has not taken.
    var start = 0
    /// One past the last byte.
    var end = 0
    var next: UnsafeMutablePointer<OutboxBlock>?

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many bytes wait in the block.
    var count: Int { end - start }
    /// How many bytes fit behind those that wait.
    var room: Int { capacity - end }
}

extension UnsafeMutablePointer<OutboxBlock> {
    /// A block without bytes.
    static func make(capacity: Int) -> UnsafeMutablePointer<OutboxBlock> {
        let size = MemoryLayout<OutboxBlock>.stride + capacity
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<OutboxBlock>.alignment)
        let block = unsafe memory.bindMemory(to: OutboxBlock.self, capacity: 1)
        unsafe block.initialize(to: OutboxBlock(capacity: capacity))
        return unsafe block
    }

    private var bytes: UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(self) + MemoryLayout<OutboxBlock>.stride
    }

    /// The bytes that wait.
    var waiting: UnsafeMutableRawPointer {
        unsafe bytes + pointee.start
    }

    /// Copies bytes behind those that wait; they must fit.
    func append(_ source: UnsafeRawPointer, _ count: Int) {
        unsafe (bytes + pointee.end).copyMemory(from: source, byteCount: count)
        unsafe pointee.end += count
    }
}
