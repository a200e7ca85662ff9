/// Finds the commands in what a client sends: arrays of strings in the protocol of Redis (RESP 2), or plain lines.
struct RespParser {
    /// What a client sent that is no command.
    struct Malformed: Error {
        let reason: String
    }

    private static let mostArguments = 1024
    private static let longestArgument = 16 * 1_048_576
    private static let longestLine = 65_536

    /// How many arguments the command last found has; its name is the first.
    private(set) var count = 0
    /// Where they are; what follows them is of earlier commands.
    private(set) var arguments: [Range<Int>] = []

    /// Looks for a command at `start`: where it ends, or `nil` when it has not all come.
    mutating func next(in bytes: Span<UInt8>, from start: Int) throws(Malformed) -> Int? {
        count = 0
        guard start < bytes.count else { return nil }
        guard bytes[start] == UInt8(ascii: "*") else { return try inlineCommand(in: bytes, from: start) }
        guard let header = try number(in: bytes, after: start) else { return nil }
        guard header.value <= Self.mostArguments else { throw Malformed(reason: "invalid multibulk length") }
        var place = header.end
        for _ in 0..<header.value {
            guard let end = try argument(in: bytes, at: place) else { return nil }
            place = end
        }
        return place
    }

    private mutating func argument(in bytes: Span<UInt8>, at place: Int) throws(Malformed) -> Int? {
        guard place < bytes.count else { return nil }
        guard bytes[place] == UInt8(ascii: "$") else { throw Malformed(reason: "expected '$'") }
        guard let header = try number(in: bytes, after: place) else { return nil }
        guard header.value <= Self.longestArgument else { throw Malformed(reason: "invalid bulk length") }
        let end = header.end + header.value
        guard end + 2 <= bytes.count else { return nil }
        add(header.end..<end)
        return end + 2
    }

    private mutating func add(_ argument: Range<Int>) {
        if count < arguments.count { arguments[count] = argument } else { arguments.append(argument) }
        count += 1
    }

    /// A number and the end of its line.
    private func number(in bytes: Span<UInt8>, after mark: Int) throws(Malformed) -> (value: Int, end: Int)? {
        var value = 0
        var place = mark + 1
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x0D { return place + 2 <= bytes.count ? (value, place + 2) : nil }
            guard (0x30...0x39).contains(byte), place - mark <= 10 else { throw Malformed(reason: "invalid length") }
            value = value * 10 + Int(byte - 0x30)
            place += 1
        }
        return nil
    }

    /// A line of words, as one types it into a terminal.
    private mutating func inlineCommand(in bytes: Span<UInt8>, from start: Int) throws(Malformed) -> Int? {
        var word = start
        for place in start..<bytes.count {
            let byte = bytes[place]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D else { continue }
            if place > word { add(word..<place) }
            word = place + 1
            if byte == 0x0A { return place + 1 }
        }
        guard bytes.count - start <= Self.longestLine else { throw Malformed(reason: "too big inline request") }
        return nil
    }
}
