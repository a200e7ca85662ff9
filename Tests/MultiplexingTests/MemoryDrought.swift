import Glibc
import Testing

/// Takes all memory that this process may have, until its end: no allocation succeeds meanwhile, and one of Swift's own
/// would end the process.
@safe
struct MemoryDrought: ~Copyable {
    private static let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)

    private let limit: rlimit
    /// Each block begins with the address of the one that was taken before it.
    private var blocks: UnsafeMutableRawPointer?

    init() throws {
        var limit = rlimit()
        try #require(unsafe getrlimit(Self.addressSpace, &limit) == 0)
        var none = rlimit(rlim_cur: 1, rlim_max: limit.rlim_max)
        try #require(unsafe setrlimit(Self.addressSpace, &none) == 0)
        // What the allocator still has goes in ever smaller pieces.
        var blocks: UnsafeMutableRawPointer? = nil
        var size = 1 << 24
        while size >= 64 {
            guard let block = unsafe malloc(size) else {
                size /= 2
                continue
            }
            unsafe block.storeBytes(of: blocks, as: UnsafeMutableRawPointer?.self)
            unsafe blocks = block
        }
        self.limit = limit
        unsafe self.blocks = blocks
    }

    consuming func end() {
        var limit = limit
        _ = unsafe setrlimit(Self.addressSpace, &limit)
        while let block = unsafe blocks {
            unsafe blocks = block.load(as: UnsafeMutableRawPointer?.self)
            unsafe free(block)
        }
    }
}
