import SystemPackage
import Testing

/// CPU time of the calling thread (`proc(5)`, schedstat).
func threadTime() throws -> Duration {
    let file = try FileDescriptor.open(FilePath("/proc/thread-self/schedstat"), .readOnly)
    defer { try? file.close() }
    var text = [UInt8](repeating: 0, count: 100)
    let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
    let numbers = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
    return .nanoseconds(try #require(numbers.first.flatMap { Int64($0) }))
}
