/// Bytes that a connection read, in memory that the loop lends until the chunk goes out of scope.
///
/// A chunk may be kept across an `await`: the loop then reads into other memory. So keep few of them, and copy out what is
/// to last.
@safe
public struct Chunk: ~Copyable {
    /// Held by hand, so that the block moves from the loop to the chunk and back without being counted.
    private let block: Unmanaged<ByteBlock>
    private let start: UnsafePointer<UInt8>
    /// How many bytes there are.
    public let count: Int

    @inline(__always)
    init(_ block: Unmanaged<ByteBlock>, count: Int) {
        unsafe self.block = block
        unsafe start = UnsafePointer(block._withUnsafeGuaranteedRef { unsafe $0.memory })
        self.count = count
    }

    deinit {
        unsafe ByteBlock.giveBack(block)
    }

    /// The bytes.
    public var span: Span<UInt8> {
        @_lifetime(borrow self) @inline(__always) get {
            unsafe _overrideLifetime(UnsafeBufferPointer(start: start, count: count).span, borrowing: self)
        }
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// The bytes as text; what is not UTF-8 is replaced.
    public var text: String {
        unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

// Its memory goes back to a loop, on the loop's thread.
@available(*, unavailable)
extension Chunk: Sendable {}
