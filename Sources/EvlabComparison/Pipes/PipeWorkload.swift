public import Multiplexing
internal import Readiness
public import Sockets

/// The classic measures of an event library: many socket pairs of which some are active; each byte that is read has another
/// written to the next pair, until all are spent. The same in plain C is `cbaseline_pipes_run`.
public struct PipeWorkload: ~Copyable {
    /// Read at the first end, written at the second.
    private var pairs: TokenTable<SocketPair>
    private var batch: EventBatch
    private let count: Int
    /// The numbers of the pairs that bytes were read from, added up.
    private(set) var sum = 0

    /// Makes the pairs and, unless they are to be watched round by round, has a multiplexer watch them.
    public init(
        pairs count: Int,
        isWatched: Bool = true,
        on multiplexer: inout some Multiplexer & ~Copyable
    ) throws(IOError) {
        let batch = try EventBatch(capacity: 256)
        var pairs = TokenTable<SocketPair>(minimumCapacity: count)
        for _ in 0..<count {
            let token = pairs.insert(try Socket.pair())
            guard isWatched else { continue }
            try pairs.withState(of: token) { (pair: inout SocketPair) throws(IOError) in
                try multiplexer.add(pair.first, for: .readable, trigger: .level, token: token)
            }
        }
        self.pairs = pairs
        self.batch = batch
        self.count = count
    }

    /// One round: `active` bytes to begin with, spread over the pairs, and `writes` more.
    ///
    /// - Returns: the bytes that were read.
    public mutating func run(
        active: Int,
        writes: Int,
        on multiplexer: inout some Multiplexer & ~Copyable
    ) throws(IOError) -> Int {
        for number in 0..<active { try write(to: number * (count / active)) }
        var bytes = 0
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        while bytes < active + writes {
            try multiplexer.wait(into: &batch, until: nil)
            while let event = batch.next() {
                guard try read(event.token, &span) else { continue }
                bytes += 1
                sum += event.token.number
                // The rest of the bytes were written to begin with.
                guard bytes <= writes else { continue }
                try write(to: event.token.number + 1 < count ? event.token.number + 1 : 0)
            }
        }
        return bytes
    }

    /// Watches every pair and sends a byte through all of them; a pair is watched no more once its byte has come.
    ///
    /// - Returns: the bytes that were read.
    mutating func cascade(on multiplexer: inout some Multiplexer & ~Copyable) throws(IOError) -> Int {
        for number in 0..<count {
            try pairs.withState(of: Token(number)) { (pair: inout SocketPair) throws(IOError) in
                try multiplexer.add(pair.first, for: .readable, trigger: .level, token: Token(number))
            }
        }
        try write(to: 0)
        var bytes = 0
        var buffer: [UInt8] = [0]
        var span = buffer.mutableSpan
        while bytes < count {
            try multiplexer.wait(into: &batch, until: nil)
            while let event = batch.next() {
                try pairs.withState(of: event.token) { (pair: inout SocketPair) throws(IOError) in
                    try multiplexer.remove(pair.first)
                }
                guard try read(event.token, &span) else { continue }
                bytes += 1
                sum += event.token.number
                if bytes < count { try write(to: event.token.number + 1) }
            }
        }
        return bytes
    }

    private mutating func read(_ token: Token, _ span: inout MutableSpan<UInt8>) throws(IOError) -> Bool {
        let outcome = try pairs.withState(of: token) { (pair: inout SocketPair) throws(IOError) in
            try pair.first.read(into: &span)
        }
        return outcome == .bytes(1)
    }

    private mutating func write(to number: Int) throws(IOError) {
        let byte: InlineArray<1, UInt8> = [0x65]
        _ = try pairs.withState(of: Token(number)) { (pair: inout SocketPair) throws(IOError) in
            try pair.second.write(byte.span)
        }
    }
}
