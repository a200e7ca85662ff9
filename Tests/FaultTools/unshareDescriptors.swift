internal import Glibc

/// Gives the calling thread a table of descriptors of its own (`unshare(2)`, which Swift's Glibc module lacks).
func unshareDescriptors() throws {
    typealias Unshare = @convention(c) (CInt) -> CInt
    let ownFiles: CInt = 0x400
    guard let symbol = unsafe dlsym(nil, "unshare"), unsafe unsafeBitCast(symbol, to: Unshare.self)(ownFiles) == 0
    else { throw ToolFailure("the thread cannot get descriptors of its own") }
}
