internal import Multiplexing
internal import Sockets

/// The pipe workloads on a bare multiplexer.
final class MultiplexerPipes<Mux: Multiplexer & ~Copyable>: PipeRounds {
    private var multiplexer: Mux
    private var workload: PipeWorkload

    init(pairs: Int, isWatched: Bool, on multiplexer: consuming Mux) throws(IOError) {
        var multiplexer = multiplexer
        workload = try PipeWorkload(pairs: pairs, isWatched: isWatched, on: &multiplexer)
        self.multiplexer = multiplexer
    }

    var sum: Int { workload.sum }

    func run(active: Int, writes: Int) throws(IOError) -> Int {
        try workload.run(active: active, writes: writes, on: &multiplexer)
    }

    func cascade() throws(IOError) -> Int {
        try workload.cascade(on: &multiplexer)
    }
}
