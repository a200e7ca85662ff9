/// Removes from a stream of UTF-8 what a terminal would obey instead of showing it; ends of lines stay.
struct TerminalFilter {
    /// The first bytes of a character whose other bytes have not come yet.
    private var incomplete: [UInt8] = []

    /// The harmless part of the next piece of the stream.
    mutating func filter(_ piece: [UInt8]) -> [UInt8] {
        let bytes = incomplete + piece
        let end = bytes.count - Self.incompleteCount(bytes)
        incomplete = Array(bytes[end...])
        return Self.harmless(bytes[..<end])
    }

    /// What is left at the end of the stream.
    mutating func finish() -> [UInt8] {
        defer { incomplete = [] }
        return Self.harmless(incomplete[...])
    }

    private static func harmless(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        let lines = bytes.split(separator: newline, omittingEmptySubsequences: false)
        return Array(lines.map { Array(TerminalText.line($0).utf8) }.joined(separator: [newline]))
    }

    /// How many bytes at the end begin a character that is longer.
    private static func incompleteCount(_ bytes: [UInt8]) -> Int {
        for (index, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > index + 1 ? index + 1 : 0
        }
        return 0
    }
}
