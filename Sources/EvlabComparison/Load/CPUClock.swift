internal import CLinux
internal import SystemPackage

/// The CPU that a process has used so far.
struct CPUClock {
    /// Seconds, precisely.
    var total: Double
    /// Clock ticks in user mode and in the kernel: a coarse sample, good for the proportion of the two.
    private var userTicks, systemTicks: Int

    /// The reading now; `nil` when there is no such process.
    init?(of process: CInt) {
        let nanoseconds = clinux_cpu_of_process(process)
        guard nanoseconds >= 0, let text = readFile("/proc/\(process)/stat") else { return nil }
        // The name of the program comes second, in parentheses, and may contain anything.
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[name...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return nil }
        total = Double(nanoseconds) / 1_000_000_000
        userTicks = user
        systemTicks = system
    }

    /// Seconds used since an earlier reading, and the user part of them.
    func since(_ earlier: CPUClock) -> (total: Double, user: Double) {
        let user = userTicks - earlier.userTicks
        let ticks = user + systemTicks - earlier.systemTicks
        let used = total - earlier.total
        return (used, ticks > 0 ? used * Double(user) / Double(ticks) : 0)
    }

    /// Seconds that this process has used.
    static var ours: Double { Double(clinux_cpu_of_process(0)) / 1_000_000_000 }
}

/// The text of a small file, as those in /proc are; `nil` when it cannot be read.
func readFile(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe try? file.read(into: $0) }
        guard let count else { return nil }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk.prefix(count)
    }
}
