internal import CLinux

/// Bytes that the kernel has not taken yet, in order. Without any it holds no memory.
///
/// The bytes are in a list of blocks. A short queue is one block, which doubles as it grows; behind 64 KiB follow further
/// blocks, so that no long queue is ever copied, and each block is freed when the kernel has taken its bytes.
@safe
struct Outbox: ~Copyable {
    /// Up to this capacity a block is exchanged for a larger one: one block is sent in one piece.
    private static let mostCopied = 65_536
    /// The most bytes in one block, so that memory is returned while a long queue is sent.
    private static let largestBlock = 1_048_576

    private var first: UnsafeMutablePointer<OutboxBlock>?
    private var last: UnsafeMutablePointer<OutboxBlock>?
    private(set) var count = 0

    init() {}

    deinit {
        unsafe Self.free(first)
    }

    @inline(__always) var isEmpty: Bool { count == 0 }

    /// Offers the kernel the first two blocks: how much it took, or -errno.
    func offer(to number: CInt) -> Int {
        guard let first = unsafe first else { return 0 }
        guard let second = unsafe first.pointee.next else {
            return unsafe clinux_send_quietly(number, first.waiting, first.pointee.count)
        }
        return unsafe clinux_send_pair(
            number,
            first.waiting,
            first.pointee.count,
            second.waiting,
            second.pointee.count
        )
    }

    mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
        count += bytes.count
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var rest = unsafe bytes
        while let source = rest.baseAddress, unsafe !rest.isEmpty {
            let block = unsafe blockWithRoom(for: rest.count)
            let part = unsafe min(rest.count, block.pointee.room)
            unsafe block.append(source, part)
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[part...])
        }
    }

    /// The last block if it has room for at least one byte, or a new one behind it or in its place.
    private mutating func blockWithRoom(for more: Int) -> UnsafeMutablePointer<OutboxBlock> {
        guard let last = unsafe last else { return unsafe start(with: .make(capacity: min(more, Self.largestBlock))) }
        let isOnly = unsafe last == first
        if isOnly, unsafe last.pointee.room < more, unsafe last.pointee.capacity < Self.mostCopied {
            return unsafe exchange(last, for: last.pointee.count + more)
        }
        guard unsafe last.pointee.room == 0 else { return unsafe last }
        // Not by the size of the last block: behind a peer that reads steadily, blocks would grow although little waits.
        let capacity = min(max(more, count, 4096), Self.largestBlock)
        let new = unsafe UnsafeMutablePointer<OutboxBlock>.make(capacity: capacity)
        unsafe last.pointee.next = new
        unsafe self.last = new
        return unsafe new
    }

    private mutating func start(with block: UnsafeMutablePointer<OutboxBlock>) -> UnsafeMutablePointer<OutboxBlock> {
        unsafe first = block
        unsafe last = block
        return unsafe block
    }

    /// Moves the bytes of the only block into one that has room for `needed` bytes, or for as many as one block may hold.
    private mutating func exchange(
        _ block: UnsafeMutablePointer<OutboxBlock>,
        for needed: Int
    ) -> UnsafeMutablePointer<OutboxBlock> {
        let capacity = unsafe min(max(needed, 2 * block.pointee.count), Self.largestBlock)
        let new = unsafe UnsafeMutablePointer<OutboxBlock>.make(capacity: capacity)
        unsafe new.append(block.waiting, block.pointee.count)
        unsafe block.deallocate()
        return unsafe start(with: new)
    }

    /// The kernel, or a reader, has taken so many.
    mutating func removeFirst(_ taken: Int) {
        count -= taken
        guard count > 0 else { return removeAll() }
        var left = taken
        while let block = unsafe first, unsafe left >= block.pointee.count {
            unsafe left -= block.pointee.count
            unsafe first = block.pointee.next
            unsafe block.deallocate()
        }
        unsafe first?.pointee.start += left
    }

    mutating func removeAll() {
        unsafe Self.free(first)
        unsafe first = nil
        unsafe last = nil
        count = 0
    }

    private static func free(_ blocks: UnsafeMutablePointer<OutboxBlock>?) {
        var next = unsafe blocks
        while let block = unsafe next {
            unsafe next = block.pointee.next
            unsafe block.deallocate()
        }
    }
}
