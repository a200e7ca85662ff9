internal import Readiness
internal import Sockets

/// The pipe workloads on a loop with callbacks.
final class EnginePipes<Engine: EventEngine>: PipeRounds {
    private final class Writer {
        let socket: Socket

        init(_ socket: consuming Socket) {
            self.socket = socket
        }
    }

    private let engine: Engine
    private var watches: [Engine.Watch] = []
    private var writers: [Writer] = []
    private let count: Int
    private let buffer = ReadBuffer(capacity: 1)
    private var failure: IOError?

    // Handlers run one after another on this thread, and no access to these spans a call.
    @safe @exclusivity(unchecked) private var bytes = 0
    @safe @exclusivity(unchecked) private var writes = 0
    @safe @exclusivity(unchecked) private var cascades = false
    @safe @exclusivity(unchecked) private(set) var sum = 0

    init(pairs count: Int, isWatched: Bool, on engine: Engine) throws(IOError) {
        self.engine = engine
        self.count = count
        for number in 0..<count {
            let pair = try Socket.pair()
            try pair.split { (first: consuming Socket, second: consuming Socket) throws(IOError) in
                try add(number, first, second)
            }
            if !isWatched { try watches[number].setInterest([]) }
        }
    }

    private func add(_ number: Int, _ first: consuming Socket, _ second: consuming Socket) throws(IOError) {
        writers.append(Writer(second))
        let watch = try engine.watch(first, for: .readable) { [unowned self] watch, _ in
            do throws(IOError) {
                try advance(number, watch)
            } catch {
                failure = error
            }
        }
        watches.append(watch)
    }

    private func advance(_ number: Int, _ watch: Engine.Watch) throws(IOError) {
        if cascades { try watch.setInterest([]) }
        let outcome = try buffer.lend { (bytes: inout MutableSpan<UInt8>) throws(IOError) in
            try watch.socket.read(into: &bytes)
        }
        guard outcome == .bytes(1) else { return }
        bytes += 1
        sum += number
        // The rest of the bytes were written to begin with.
        if bytes <= writes { try write(to: number + 1 < count ? number + 1 : 0) }
    }

    private func write(to number: Int) throws(IOError) {
        let byte: InlineArray<1, UInt8> = [0x65]
        _ = try writers[number].socket.write(byte.span)
    }

    func run(active: Int, writes: Int) throws(IOError) -> Int {
        cascades = false
        return try runRound(active: active, writes: writes)
    }

    func cascade() throws(IOError) -> Int {
        cascades = true
        for watch in watches { try watch.setInterest(.readable) }
        return try runRound(active: 1, writes: count - 1)
    }

    private func runRound(active: Int, writes: Int) throws(IOError) -> Int {
        self.writes = writes
        bytes = 0
        for number in 0..<active { try write(to: number * (count / active)) }
        while bytes < active + writes {
            try engine.run(.once)
            if let failure { throw failure }
        }
        return bytes
    }
}
