internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A row of socket pairs, each read at its first end and written at its second.
struct PairRow: ~Copyable {
    private var pairs: TokenTable<SocketPair>
    let count: Int

    /// - Throws: `noDescriptors`, `noMemory`.
    init(count: Int) throws(IOError) {
        var pairs = TokenTable<SocketPair>(minimumCapacity: count)
        for _ in 0..<count { _ = pairs.insert(try Socket.pair()) }
        self.pairs = pairs
        self.count = count
    }

    /// The descriptors that are read, in order.
    mutating func readers() -> [CInt] {
        (0..<count).compactMap { index in pairs.withState(of: Token(index)) { $0.first.fileDescriptor.rawValue } }
    }

    /// Has a multiplexer watch them all; the tokens are their places in the row.
    mutating func register<Mux: Multiplexer & ~Copyable>(
        with multiplexer: inout Mux,
        _ trigger: Trigger
    ) throws(IOError) {
        for index in 0..<count {
            try pairs.withState(of: Token(index)) { (pair: inout SocketPair) throws(IOError) in
                try multiplexer.add(pair.first, for: .readable, trigger: trigger, token: Token(index))
            }
        }
    }

    /// Makes one readable.
    mutating func write(to index: Int) throws(IOError) {
        let byte: InlineArray<1, UInt8> = [0x65]
        _ = try pairs.withState(of: Token(index)) { (pair: inout SocketPair) throws(IOError) in
            try pair.second.write(byte.span)
        }
    }

    /// Takes the byte of one.
    mutating func read(from index: Int) throws(IOError) {
        var byte: InlineArray<1, UInt8> = [0]
        var span = byte.mutableSpan
        _ = try pairs.withState(of: Token(index)) { (pair: inout SocketPair) throws(IOError) in
            try pair.first.read(into: &span)
        }
    }
}
