internal import CLinux
internal import Glibc

/// The bytes of a buffer where they lie: one span for each block of memory, in order, none of them empty.
///
/// It is valid inside the closure that it is given to; the compiler keeps it and its spans from escaping.
@safe public struct ByteSegments: ~Escapable {
    private let extents: UnsafeBufferPointer<iovec>

    @_lifetime(borrow extents)
    init(_ extents: UnsafeBufferPointer<iovec>) {
        unsafe self.extents = unsafe extents
    }

    /// How many spans there are.
    public var count: Int { unsafe extents.count }

    /// Whether there is no byte.
    public var isEmpty: Bool { unsafe extents.isEmpty }

    /// How many bytes the spans have together.
    public var byteCount: Int {
        var total = 0
        for index in 0..<count { total += unsafe extents[index].iov_len }
        return total
    }

    /// One of the spans; `index` is below ``count``, as for an array.
    public subscript(index: Int) -> Span<UInt8> {
        @_lifetime(copy self)
        get {
            precondition(index >= 0 && index < count, "there are \(count) segments")
            let extent = unsafe extents[index]
            let bytes = unsafe UnsafeRawBufferPointer(start: extent.iov_base, count: extent.iov_len)
            let span = unsafe Span<UInt8>(_unsafeBytes: bytes)
            return unsafe _overrideLifetime(span, copying: self)
        }
    }
}
