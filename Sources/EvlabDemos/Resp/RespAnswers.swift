/// Answers that are to be written together, in version 2 or 3 of the protocol.
struct RespAnswers {
    /// How much memory is kept for the next answers.
    private static let mostKept = 65_536

    /// Whether the client has asked for version 3 of the protocol.
    var isVersion3 = false
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.count <= Self.mostKept)
    }

    /// A simple string.
    mutating func say(_ text: StaticString) {
        bytes.append(UInt8(ascii: "+"))
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        endLine()
    }

    /// An error, whose first word is its kind. What it quotes of the client cannot end its line.
    mutating func fail(_ text: String) {
        bytes.append(UInt8(ascii: "-"))
        for byte in text.utf8 { bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte) }
        endLine()
    }

    mutating func integer(_ number: Int) {
        line(UInt8(ascii: ":"), number)
    }

    mutating func null() {
        bytes.append(contentsOf: (isVersion3 ? "_" : "$-1").utf8)
        endLine()
    }

    mutating func bulk(_ value: [UInt8]) {
        beginBulk(value.count)
        bytes.append(contentsOf: value)
        endLine()
    }

    mutating func bulk(_ text: String) {
        bulk(Array(text.utf8))
    }

    /// The beginning of a string whose bytes are written by other means, and then ``endLine()``.
    mutating func beginBulk(_ count: Int) {
        line(UInt8(ascii: "$"), count)
    }

    /// The beginning of an array.
    mutating func array(_ count: Int) {
        line(UInt8(ascii: "*"), count)
    }

    /// The beginning of a map: so many keys, each with its value behind it. Version 2 has arrays instead.
    mutating func map(_ count: Int) {
        if isVersion3 { line(UInt8(ascii: "%"), count) } else { array(2 * count) }
    }

    mutating func endLine() {
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    /// A mark and a number; most are short enough to need no text in between.
    private mutating func line(_ mark: UInt8, _ number: Int) {
        bytes.append(mark)
        if (0..<10).contains(number) {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
        endLine()
    }
}
