/// Bytes that a connection has read and its handler has not taken yet.
struct Inbox {
    private var bytes: [UInt8]
    private var start = 0

    init(_ bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    var count: Int { bytes.count - start }

    mutating func append(_ more: Span<UInt8>) {
        unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// A byte, by its place among those that are left.
    subscript(place: Int) -> UInt8 { bytes[start + place] }

    /// The place of a byte, counted from the first that is left; only looks from a place on.
    func place(of byte: UInt8, from first: Int) -> Int? {
        bytes[(start + first)...].firstIndex(of: byte).map { $0 - start }
    }

    /// Takes out the first bytes.
    mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(bytes[start..<start + count])
        drop(count)
        return taken
    }

    mutating func drop(_ count: Int) {
        start += count
        // Moved only when half of it is over, so that many short lines do not move the rest each time.
        guard start > bytes.count / 2 else { return }
        bytes.removeFirst(start)
        start = 0
    }

    /// Copies the first bytes, as many as fit, and takes them out.
    mutating func move(into room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(count, room.count)
        unsafe bytes.withUnsafeBytes { bytes in
            let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
            unsafe room.copyMemory(from: part)
        }
        drop(count)
        return count
    }
}
