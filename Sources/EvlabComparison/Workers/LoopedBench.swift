internal import CLinux
internal import Glibc
public import Sockets

/// A bench that does its work in rounds, in this process.
public protocol LoopedBench: Bench {
    /// Does one round: how many operations it had, and the nanoseconds of the part that counts.
    func round() throws(IOError) -> RoundTime

    /// As ``Bench/trace()``.
    func script() throws(IOError) -> [String]
}

/// What a round of work had in it.
public struct RoundTime: Hashable, Sendable {
    public let operations: Int
    public let nanoseconds: Int64

    /// Times a piece of work that says how many operations it was.
    static func of(_ body: () throws(IOError) -> Int) throws(IOError) -> RoundTime {
        let start = clinux_monotonic_now()
        let operations = try body()
        return RoundTime(operations: operations, nanoseconds: clinux_monotonic_now() - start)
    }
}

extension LoopedBench {
    public func trace() throws(ComparisonFailure) -> [String] {
        try ComparisonFailure.wrapping { () throws(IOError) in try script() }
    }

    public func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample {
        let end = clinux_monotonic_now() + duration.wholeNanoseconds
        let before = CPUClock(of: getpid())
        var (operations, nanoseconds): (Int, Int64) = (0, 0)
        repeat {
            let time = try ComparisonFailure.wrapping { () throws(IOError) in try round() }
            operations += time.operations
            nanoseconds += time.nanoseconds
        } while clinux_monotonic_now() < end
        guard operations > 0 else { throw ComparisonFailure("nothing was done in \(duration)") }
        var sample = Sample(operations: operations, seconds: Double(max(1, nanoseconds)) / 1_000_000_000)
        if let before, let after = CPUClock(of: getpid()) { (sample.cpu, sample.userCPU) = after.since(before) }
        sample.memory = ownMemory(of: getpid())
        return sample
    }
}

extension Duration {
    /// The duration in whole nanoseconds, at most about 292 years.
    var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}

/// Bytes of memory that a process has for itself, files not counted; 0 when there is no such process.
func ownMemory(of process: CInt) -> Int {
    guard let status = readFile("/proc/\(process)/status") else { return 0 }
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }) else { return 0 }
    return line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
        ?? 0
}
