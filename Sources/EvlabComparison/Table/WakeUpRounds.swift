internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets

/// Rounds of: so many sockets get a byte, one wait finds them, each is read. Nobody sleeps in a wait.
struct WakeUpRounds: ~Copyable {
    /// Enough for the clock, and short.
    private static let sampleTime: Int64 = 6_000_000

    private let active: Int
    /// From each active one to the next.
    private let stride: Int
    private var batch: EventBatch
    private var round = 0
    private var parts: [Int64] = [0, 0, 0]

    init(active: Int, of count: Int) throws(IOError) {
        self.active = active
        stride = count / active
        // One wait takes them all: otherwise select and poll would look at every descriptor again for each part.
        batch = try EventBatch(capacity: active)
    }

    mutating func sample<Mux: Multiplexer & ~Copyable>(
        _ pairs: inout PairRow,
        on multiplexer: inout Mux
    ) throws(IOError) -> WakeUpSample {
        let isLong = active >= 100
        let count = try roundsInSample(&pairs, on: &multiplexer)
        parts = [0, 0, 0]
        let start = clinux_cpu_of_process(0)
        for _ in 0..<count { try run(&pairs, on: &multiplexer, isTimed: isLong) }
        let total = clinux_cpu_of_process(0) - start
        let events = Double(count * active)
        return WakeUpSample(total: Double(total) / events, parts: isLong ? parts.map { Double($0) / events } : nil)
    }

    /// Two rounds warm everything up; the second says how many fit.
    private mutating func roundsInSample<Mux: Multiplexer & ~Copyable>(
        _ pairs: inout PairRow,
        on multiplexer: inout Mux
    ) throws(IOError) -> Int {
        try run(&pairs, on: &multiplexer, isTimed: false)
        let start = clinux_cpu_of_process(0)
        try run(&pairs, on: &multiplexer, isTimed: false)
        let time = max(1, clinux_cpu_of_process(0) - start)
        return max(1, min(2000, Int(Self.sampleTime / time)))
    }

    private mutating func run<Mux: Multiplexer & ~Copyable>(
        _ pairs: inout PairRow,
        on multiplexer: inout Mux,
        isTimed: Bool
    ) throws(IOError) {
        // Others are active in each round, as far as there are others.
        let first = round % stride
        round += 1
        let times = (isTimed ? clinux_cpu_of_process(0) : 0, try write(&pairs, first, isTimed))
        let found = try wait(on: &multiplexer, isTimed)
        for index in 0..<active { try pairs.read(from: first + index * stride) }
        guard isTimed else { return }
        parts[0] += times.1 - times.0
        parts[1] += found - times.1
        parts[2] += clinux_cpu_of_process(0) - found
    }

    private func write(_ pairs: inout PairRow, _ first: Int, _ isTimed: Bool) throws(IOError) -> Int64 {
        for index in 0..<active { try pairs.write(to: first + index * stride) }
        return isTimed ? clinux_cpu_of_process(0) : 0
    }

    private mutating func wait<Mux: Multiplexer & ~Copyable>(
        on multiplexer: inout Mux,
        _ isTimed: Bool
    ) throws(IOError) -> Int64 {
        var found = 0
        while found < active {
            try multiplexer.wait(into: &batch, until: nil)
            while batch.next() != nil { found += 1 }
        }
        return isTimed ? clinux_cpu_of_process(0) : 0
    }
}
