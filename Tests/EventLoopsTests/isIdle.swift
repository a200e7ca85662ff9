import EventLoops
import Glibc
import SystemPackage
import Testing

/// Whether a loop that has nothing to do comes to rest: that it wants the CPU for less than half of some while. At first it
/// may have something left to do; one that is kept busy wants it all the time, however much of it others leave.
func isIdle(_ loop: EventLoop) async throws -> Bool {
    let thread = await Task(executorPreference: loop) { currentThread() }.value
    for _ in 0..<20 {
        let (start, before) = (ContinuousClock.now, try demand(of: thread))
        try await loop.sleep(for: .milliseconds(100))
        if try demand(of: thread) - before < (ContinuousClock.now - start) / 2 { return true }
    }
    return false
}

/// The folder of the calling thread under /proc, without a descriptor: there may be none left.
func currentThread() -> String {
    var path = [CChar](repeating: 0, count: 100)
    let count = unsafe readlink("/proc/thread-self", &path, path.count)
    return String(decoding: path.prefix(count).map(UInt8.init), as: UTF8.self)
}

/// How long a thread has had a CPU or has waited for one (`proc(5)`).
private func demand(of thread: String) throws -> Duration {
    let file = try FileDescriptor.open(FilePath("/proc/\(thread)/schedstat"), .readOnly)
    defer { try? file.close() }
    var text = [UInt8](repeating: 0, count: 100)
    let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
    let numbers = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    try #require(numbers.count >= 2 && numbers[0] > 0, "the kernel does not count")
    return .nanoseconds(numbers[0] + numbers[1])
}
