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

    mutating func step(_ text: String) {
        done += 1
        show("[\(done)/\(total)] \(text)")
    }

    func clear() {
        show("")
    }

    private func show(_ text: String) {
        guard isShown else { return }
        _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K\(text)".utf8)
    }
}
