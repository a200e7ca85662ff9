internal import Glibc
internal import SeededRandom

/// The bytes that go through connections: each connection sends the same endless random text from another place on, and
/// what comes back is compared with it, so that an echo that loses, repeats or mixes up bytes is found out.
struct LoadPattern {
    /// A prime, so that messages of any usual size begin at another place each time.
    private static let period = 4099
    /// How many bytes can be taken from any place on.
    let window: Int
    private let bytes: [UInt8]

    init(window: Int) {
        self.window = window
        var random = RepeatableRandom(seed: 1)
        let text = random.bytes(Self.period)
        var bytes = text
        while bytes.count < Self.period + window { bytes += text }
        self.bytes = bytes
    }

    private func place(_ position: Int, of connection: Int) -> Int {
        (position + connection * 17) % Self.period
    }

    /// Lends the bytes that a connection has at a position of its text: ``window`` of them.
    func withBytes<Result>(
        at position: Int,
        of connection: Int,
        _ body: (UnsafePointer<UInt8>) -> Result?
    ) -> Result? {
        unsafe bytes.withUnsafeBufferPointer {
            guard let start = $0.baseAddress else { return nil }
            return unsafe body(start + place(position, of: connection))
        }
    }

    /// Whether so many bytes of a buffer are those of a connection at a position.
    func matches(_ buffer: [UInt8], count: Int, at position: Int, of connection: Int) -> Bool {
        unsafe withBytes(at: position, of: connection) { expected in
            unsafe buffer.withUnsafeBufferPointer { got in
                guard let start = got.baseAddress, count <= got.count, count <= window else { return false }
                return unsafe memcmp(start, expected, count) == 0
            }
        } ?? false
    }
}
