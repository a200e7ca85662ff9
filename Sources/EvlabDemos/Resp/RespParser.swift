/// Finds the commands in what a client sends: arrays of strings in the protocol of Redis, or plain lines.
///
/// It remembers how much of an incomplete command it has read, so a long command is read once, however many pieces it
/// comes in.
struct RespParser {
    /// Input that is not a command.
    struct Malformed: Error {
        let reason: String
    }

    /// The most bytes of one argument.
    static let longestArgument = 16 * 1_048_576
    /// The most bytes of one command, all its arguments together.
    static let longestCommand = 32 * 1_048_576
    private static let mostArguments = 65_536
    private static let longestLine = 65_536
    /// How many ranges are kept allocated between commands.
    private static let mostKept = 1024

    /// The number of arguments of the command found last; its name is the first.
    private(set) var count = 0
    /// Where the arguments are. Entries beyond ``count`` belong to earlier commands.
    private(set) var arguments: [Range<Int>] = []
    /// What ``arguments`` refers to if the command was a plain line; `nil` if it refers to the input.
    private(set) var words: [UInt8]?

    /// How much of the command has been read.
    private var place = 0
    /// How many arguments are still to come; negative before the header.
    private var remaining = -1
    private var isComplete = false

    /// Looks for the end of the command that begins where `bytes` begins, and returns `nil` until all of it is there.
    ///
    /// After `nil` the next call passes the same bytes again, with those that have come since behind them.
    mutating func next(in bytes: Span<UInt8>) throws(Malformed) -> Int? {
        if isComplete { reset() }
        guard !bytes.isEmpty else { return nil }
        guard bytes[0] == UInt8(ascii: "*") else { return try line(in: bytes) }
        if remaining < 0 {
            guard let count = try header(in: bytes) else { return nil }
            remaining = max(count, 0)
        }
        while remaining > 0 {
            guard try argument(in: bytes) else { return nil }
            remaining -= 1
        }
        isComplete = true
        return place
    }

    private mutating func reset() {
        if arguments.count > Self.mostKept { arguments = [] }
        (count, place, remaining, isComplete) = (0, 0, -1, false)
        if words != nil { words = nil }
    }

    // MARK: Arrays

    private mutating func header(in bytes: Span<UInt8>) throws(Malformed) -> Int? {
        let reason: StaticString = "invalid multibulk length"
        guard let header = try number(in: bytes, after: 0, else: reason) else { return nil }
        guard header.value <= Self.mostArguments else { throw Malformed(reason: "\(reason)") }
        place = header.end
        return header.value
    }

    /// Whether the next argument was there.
    private mutating func argument(in bytes: Span<UInt8>) throws(Malformed) -> Bool {
        guard place < bytes.count else { return false }
        guard bytes[place] == UInt8(ascii: "$") else {
            throw Malformed(reason: "expected '$', got '\(UnicodeScalar(bytes[place]))'")
        }
        let reason: StaticString = "invalid bulk length"
        guard let header = try number(in: bytes, after: place, else: reason) else { return false }
        guard (0...Self.longestArgument).contains(header.value) else { throw Malformed(reason: "\(reason)") }
        let end = header.end + header.value
        guard end + 2 <= Self.longestCommand else {
            throw Malformed(reason: "a command has at most \(Self.longestCommand) bytes")
        }
        guard end + 2 <= bytes.count else { return false }
        guard bytes[end] == 0x0D, bytes[end + 1] == 0x0A else {
            throw Malformed(reason: "expected CR LF after \(header.value) bytes")
        }
        add(header.end..<end)
        place = end + 2
        return true
    }

    private mutating func add(_ argument: Range<Int>) {
        if count < arguments.count { arguments[count] = argument } else { arguments.append(argument) }
        count += 1
    }

    /// A number and the end of its line.
    private func number(
        in bytes: Span<UInt8>,
        after mark: Int,
        else reason: StaticString
    ) throws(Malformed) -> (value: Int, end: Int)? {
        var value = 0
        var place = mark + 1
        let isNegative = place < bytes.count && bytes[place] == UInt8(ascii: "-")
        if isNegative { place += 1 }
        let firstDigit = place
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x0D {
                guard place > firstDigit else { throw Malformed(reason: "\(reason)") }
                guard place + 1 < bytes.count else { return nil }
                guard bytes[place + 1] == 0x0A else { throw Malformed(reason: "expected LF after CR") }
                return (isNegative ? -value : value, place + 2)
            }
            guard (0x30...0x39).contains(byte), place - mark <= 10 else { throw Malformed(reason: "\(reason)") }
            value = value * 10 + Int(byte - 0x30)
            place += 1
        }
        return nil
    }

    // MARK: Lines

    /// A line of words, as a person types it.
    private mutating func line(in bytes: Span<UInt8>) throws(Malformed) -> Int? {
        while place < bytes.count, bytes[place] != 0x0A { place += 1 }
        guard place <= Self.longestLine else { throw Malformed(reason: "too big inline request") }
        guard place < bytes.count else { return nil }
        let line = try RespLine(bytes.extracting(first: place))
        for word in line.words { add(word) }
        words = line.bytes
        isComplete = true
        place += 1
        return place
    }
}
