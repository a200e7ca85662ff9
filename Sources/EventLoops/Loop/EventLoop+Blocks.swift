extension EventLoop {
    /// A block to read into; the one that is at hand, as a rule.
    @inline(__always)
    func takeBlock() -> Unmanaged<ByteBlock> {
        unsafe spareBlock.take() ?? makeBlock()
    }

    @inline(never)
    private func makeBlock() -> Unmanaged<ByteBlock> {
        unsafe .passRetained(ByteBlock(lentBy: self))
    }

    /// Keeps a block for the next read; one is enough, for nearly every chunk is gone before the next read.
    @inline(__always)
    func keepSpare(_ block: Unmanaged<ByteBlock>) -> Bool {
        guard isCurrent, unsafe spareBlock == nil, !isEnding else { return false }
        unsafe spareBlock = block
        return true
    }
}
