/// Memory for one read, which the loop lends to chunks.
@safe
final class ByteBlock {
    let memory: UnsafeMutablePointer<UInt8>
    private let loop: EventLoop

    init(lentBy loop: EventLoop) {
        unsafe memory = .allocate(capacity: EventLoop.readSize)
        self.loop = loop
    }

    /// Where a read may put bytes.
    @inline(__always)
    var room: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: memory, count: EventLoop.readSize)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// Nobody reads the block any more: it goes back to the loop, or is freed when the loop has one already, and when this
    /// is another thread.
    @inline(__always)
    static func giveBack(_ block: Unmanaged<ByteBlock>) {
        let isKept = unsafe block._withUnsafeGuaranteedRef { unsafe $0.loop.keepSpare(block) }
        if !isKept { unsafe block.release() }
    }
}
