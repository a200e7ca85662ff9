/// The words of a line. Words with spaces in them stand in quotes: in double quotes with the escapes `\n`, `\r`, `\t`, `\b`,
/// `\a`, `\xHH`, `\\` and `\"`, in single quotes with `\'` only.
struct RespLine {
    /// The text of all words, without quotes and escapes.
    private(set) var bytes: [UInt8] = []
    /// Where each word is in ``bytes``.
    private(set) var words: [Range<Int>] = []

    init(_ line: Span<UInt8>) throws(RespParser.Malformed) {
        var place = 0
        while true {
            while place < line.count, Self.isSpace(line[place]) { place += 1 }
            guard place < line.count else { return }
            let start = bytes.count
            try addWord(line, &place)
            words.append(start..<bytes.count)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte) || byte == 0
    }

    private mutating func addWord(_ line: Span<UInt8>, _ place: inout Int) throws(RespParser.Malformed) {
        while place < line.count, !Self.isSpace(line[place]) {
            let byte = line[place]
            place += 1
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                try addQuoted(line, &place, until: byte)
            } else {
                bytes.append(byte)
            }
        }
    }

    private mutating func addQuoted(
        _ line: Span<UInt8>,
        _ place: inout Int,
        until quote: UInt8
    ) throws(RespParser.Malformed) {
        while place < line.count, line[place] != quote {
            let next = place + 1 < line.count ? line[place + 1] : nil
            if line[place] == UInt8(ascii: "\\"), let next, quote == UInt8(ascii: "\"") || next == quote {
                addEscaped(next, line, &place)
            } else {
                bytes.append(line[place])
                place += 1
            }
        }
        // A closing quote ends its word.
        guard place < line.count, place + 1 == line.count || Self.isSpace(line[place + 1]) else {
            throw RespParser.Malformed(reason: "unbalanced quotes in request")
        }
        place += 1
    }

    private mutating func addEscaped(_ letter: UInt8, _ line: Span<UInt8>, _ place: inout Int) {
        if letter == UInt8(ascii: "x"), place + 3 < line.count, let high = Self.digit(line[place + 2]),
            let low = Self.digit(line[place + 3])
        {
            bytes.append(high << 4 | low)
            place += 4
            return
        }
        bytes.append(Self.meaning(of: letter))
        place += 2
    }

    private static func meaning(of letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: letter
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
