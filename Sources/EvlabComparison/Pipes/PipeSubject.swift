internal import CBaselines
internal import Multiplexing
internal import Readiness
public import Sockets
internal import SystemPackage

/// What the pipe workload can be run on.
public enum PipeSubject: String, CaseIterable, Sendable {
    case cEpoll = "c-epoll"
    case epoll, poll, select

    /// Runs so many rounds.
    ///
    /// - Returns: the bytes that were read.
    public func run(pairs: Int, active: Int, writes: Int, rounds: Int) throws(IOError) -> Int {
        switch self {
        case .cEpoll:
            let bytes = cbaseline_pipes(
                CInt(clamping: pairs),
                CInt(clamping: active),
                CInt(clamping: writes),
                CInt(clamping: rounds)
            )
            guard bytes >= 0 else { throw IOError("pipes", errno: Errno(rawValue: CInt(clamping: -bytes))) }
            return Int(bytes)
        case .epoll: return try Self.run(on: try Epoll(), pairs, active, writes, rounds)
        case .poll: return try Self.run(on: try Poll(), pairs, active, writes, rounds)
        case .select: return try Self.run(on: try Select(), pairs, active, writes, rounds)
        }
    }

    private static func run<Mux: Multiplexer & ~Copyable>(
        on multiplexer: consuming Mux,
        _ pairs: Int,
        _ active: Int,
        _ writes: Int,
        _ rounds: Int
    ) throws(IOError) -> Int {
        var multiplexer = multiplexer
        var workload = try PipeWorkload(pairs: pairs, on: &multiplexer)
        var bytes = 0
        for _ in 0..<rounds { bytes += try workload.run(active: active, writes: writes, on: &multiplexer) }
        return bytes
    }
}
