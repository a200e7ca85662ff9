import CLinux
import Glibc
import SystemPackage

/// What the kernel says of a thread of this process.
struct BlockedThread {
    /// The number of the calling thread, as the kernel counts them.
    static func ownNumber() -> Int {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = unsafe clinux_read_link("/proc/thread-self", &buffer, 64)
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return text.split(separator: "/").last.flatMap { Int($0) } ?? 0
    }

    let number: Int

    /// Whether it sleeps in poll(2) or in one of epoll's waits.
    var isWaiting: Bool {
        // A thread that was woken is ready to run, and says so, before the call that woke it returns.
        guard let call = contents("syscall").split(separator: " ").first.flatMap({ Int($0) }) else { return false }
        guard Self.waitingCalls.contains(call) else { return false }
        let state = contents("stat").split(separator: ")").last?.first { $0 != " " }
        return state == "S"
    }

    /// Lets a test go on, at the latest long before the patience of who waits ends.
    func waitUntilItWaits() {
        let deadline = ContinuousClock.now + patience / 6
        while !isWaiting, ContinuousClock.now < deadline { usleep(100) }
    }

    #if arch(x86_64)
        // epoll_wait, epoll_pwait, epoll_pwait2, poll, ppoll, pselect6
        private static let waitingCalls: Set<Int> = [232, 281, 441, 7, 271, 270]
    #else
        private static let waitingCalls: Set<Int> = [22, 441, 73, 72]
    #endif

    private func contents(_ file: String) -> String {
        guard let descriptor = try? FileDescriptor.open(FilePath("/proc/self/task/\(number)/\(file)"), .readOnly)
        else { return "" }
        defer { try? descriptor.close() }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = (try? unsafe buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }) ?? 0
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
