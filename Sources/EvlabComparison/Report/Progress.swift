internal import CLinux
internal import Glibc
internal import SystemPackage

/// A line on standard error that says how far the work is, where somebody looks at a terminal; nothing in a pipe.
struct Progress {
    private let total: Int
    private var done = 0
    private let isShown: Bool

    init(total: Int) {
        self.total = total
        isShown = isatty(STDERR_FILENO) == 1
    }

    /// One step of as many as there are in all.
    mutating func step(_ text: String) {
        done += 1
        write("[\(done)/\(total)] \(text)")
    }

    mutating func advance(_ count: Int) {
        done += count
    }

    func show(_ text: String) {
        let part = total == 0 ? 100 : done * 100 / total
        write("[\(part) %] \(text)")
    }

    func clear() {
        write("")
    }

    private func write(_ text: String) {
        guard isShown else { return }
        _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K\(text)".utf8)
    }
}
