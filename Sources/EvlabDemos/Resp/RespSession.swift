internal import EventLoops

/// A client's input that is still unanswered, and the answers that are written together.
struct RespSession {
    /// How many bytes of answers are made before the loop serves others.
    private static let mostAtOnce = 65_536
    /// From this size on a value is written from where it is, not collected with the answers.
    private static let largeValue = 16_384

    let store: RespStore
    let id: Int
    var answers = RespAnswers()
    var name: [UInt8] = []
    /// Nothing more is answered.
    var isOver = false
    private(set) var parser = RespParser()
    private var incomplete: [UInt8] = []
    /// Values of the last answer that are not among the answers yet.
    private var values: ArraySlice<[UInt8]?> = []
    /// Whether commands or values wait for room.
    private var hasMore = false

    init(_ store: RespStore) {
        self.store = store
        id = store.nextClient()
    }

    /// Answers complete commands, with one write when the turn ends.
    ///
    /// - Returns: whether ``goOn(on:)`` is to be called when there is room.
    mutating func receive(_ chunk: Span<UInt8>, on connection: ChunkConnection) throws -> Bool {
        guard incomplete.isEmpty, !hasMore else {
            unsafe chunk.withUnsafeBufferPointer { unsafe incomplete.append(contentsOf: $0) }
            return hasMore ? false : try goOn(on: connection)
        }
        let end = try answer(chunk, on: connection)
        if end < chunk.count, !isOver {
            unsafe chunk.extracting(droppingFirst: end).withUnsafeBufferPointer { unsafe incomplete = Array($0) }
        }
        return hasMore
    }

    /// Answers more of what has been received.
    ///
    /// - Returns: whether it is to be called again when there is room.
    mutating func goOn(on connection: ChunkConnection) throws -> Bool {
        // Moved out and back: a copy for each piece of a long command would take time that grows with its square.
        var bytes: [UInt8] = []
        swap(&bytes, &incomplete)
        let end = try answer(bytes.span, on: connection)
        if end < bytes.count, !isOver {
            bytes.removeFirst(end)
            swap(&bytes, &incomplete)
        }
        return hasMore
    }

    /// - Returns: where the first command begins that was not answered.
    private mutating func answer(_ bytes: Span<UInt8>, on connection: ChunkConnection) throws -> Int {
        var start = 0
        var written = 0
        hasMore = false
        do {
            while !isOver {
                guard answers.count + written < Self.mostAtOnce else {
                    hasMore = start < bytes.count || !values.isEmpty
                    break
                }
                if let value = values.popFirst() {
                    written += try give(value, on: connection)
                    continue
                }
                let rest = bytes.extracting(droppingFirst: start)
                guard let end = try parser.next(in: rest) else { break }
                start += end
                guard parser.count > 0 else { continue }
                if let words = parser.words { run(words.span) } else { run(rest) }
            }
        } catch let error as RespParser.Malformed {
            fail("Protocol error: \(error.reason)")
            isOver = true
        }
        try connection.writeLater(answers.bytes.span)
        answers.removeAll()
        if isOver { connection.close() }
        return start
    }

    /// Whether a value is better written from where it is than copied to the answers.
    func isLarge(_ value: [UInt8]) -> Bool {
        value.count >= Self.largeValue
    }

    /// Answers with values, as many as there is room for at a time.
    mutating func give(_ values: ArraySlice<[UInt8]?>) {
        self.values = values
    }

    /// - Returns: how many bytes were written at once.
    private mutating func give(_ value: [UInt8]?, on connection: ChunkConnection) throws -> Int {
        guard let value else {
            answers.null()
            return 0
        }
        guard isLarge(value) else {
            answers.bulk(value)
            return 0
        }
        answers.beginBulk(value.count)
        try connection.writeLater(answers.bytes.span)
        answers.removeAll()
        try connection.write(value.span)
        answers.endLine()
        return value.count
    }

    // MARK: Commands

    mutating func fail(_ text: String) {
        answers.fail("ERR " + text)
    }

    /// How many arguments there are, the command's name not counted.
    var argumentCount: Int { parser.count - 1 }

    func argument(_ index: Int, _ input: Span<UInt8>) -> [UInt8] {
        unsafe input.extracting(parser.arguments[index]).withUnsafeBufferPointer { unsafe Array($0) }
    }

    func key(_ input: Span<UInt8>, _ index: Int = 1) -> RespKey {
        RespKey(bytes: argument(index, input))
    }

    /// The beginning of an argument, for an error message.
    func quoted(_ index: Int, _ input: Span<UInt8>) -> String {
        String(decoding: argument(index, input).prefix(128), as: UTF8.self)
    }

    func text(_ index: Int, _ input: Span<UInt8>) -> String {
        String(decoding: argument(index, input), as: UTF8.self)
    }

    /// Whether an argument is a word, which is given in capitals; clients write as they like.
    func isNamed(_ name: StaticString, _ input: Span<UInt8>, _ index: Int = 0) -> Bool {
        let word = input.extracting(parser.arguments[index])
        guard word.count == name.utf8CodeUnitCount else { return false }
        return word.indices.allSatisfy { index in
            let byte = word[index]
            return unsafe ((0x61...0x7A).contains(byte) ? byte & 0xDF : byte) == name.utf8Start[index]
        }
    }

    private mutating func run(_ input: Span<UInt8>) {
        // The most frequent ones are found without making text of their names.
        if isNamed("GET", input) { return run(.get, input) }
        if isNamed("SET", input) { return run(.set, input) }
        if isNamed("INCR", input) { return run(.incr, input) }
        if isNamed("PING", input) { return run(.ping, input) }
        let name = text(0, input)
        guard name.utf8.count < 16, let command = RespCommand(rawValue: name.lowercased()) else {
            return failUnknown(name, input)
        }
        run(command, input)
    }

    private mutating func run(_ command: RespCommand, _ input: Span<UInt8>) {
        guard command.arguments.contains(argumentCount) else { return failCount(command.rawValue) }
        switch command {
        case .get: get(input)
        case .set: set(input)
        case .incr: add(1, input)
        case .ping: ping(input)
        case .client: client(input)
        case .decr: add(-1, input)
        case .decrby: subtract(input)
        case .del: delete(input)
        case .echo: answers.bulk(argument(1, input))
        case .exists: exists(input)
        case .expire: expire(1000, command, input)
        case .hello: hello(input)
        case .incrby: add(input)
        case .mget: getMany(input)
        case .mset: setMany(input)
        case .persist: persist(input)
        case .pexpire: expire(1, command, input)
        case .psetex: set(1, command, input)
        case .pttl: timeLeft(1, input)
        case .quit: quit()
        case .select: select(input)
        case .setex: set(1000, command, input)
        case .ttl: timeLeft(1000, input)
        }
    }

    mutating func failCount(_ command: String) {
        fail("wrong number of arguments for '\(command)' command")
    }

    private mutating func failUnknown(_ name: String, _ input: Span<UInt8>) {
        let most = 128
        var quoted = ""
        for index in 1..<max(parser.count, 1) where quoted.utf8.count < most {
            let argument = argument(index, input).prefix(most - quoted.utf8.count)
            quoted += "'\(String(decoding: argument, as: UTF8.self))' "
        }
        let name = String(decoding: name.utf8.prefix(most), as: UTF8.self)
        fail("unknown command '\(name)', with args beginning with: \(quoted)")
    }

    /// An integer in the one way of writing it that Redis takes: no sign but a minus, no leading zero, no spaces.
    func integer(_ index: Int, _ input: Span<UInt8>) -> Int? {
        Self.integer(input.extracting(parser.arguments[index]))
    }

    static func integer(_ digits: Span<UInt8>) -> Int? {
        let isNegative = !digits.isEmpty && digits[0] == UInt8(ascii: "-")
        let first = isNegative ? 1 : 0
        guard (1...19).contains(digits.count - first) else { return nil }
        guard digits[first] != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        // Negative, for there is one more number on that side.
        var value = 0
        for index in first..<digits.count {
            guard (0x30...0x39).contains(digits[index]) else { return nil }
            let (tens, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooMuch) = tens.subtractingReportingOverflow(Int(digits[index] - 0x30))
            guard !isTooMuch, !isStillTooMuch else { return nil }
            value = sum
        }
        guard !isNegative else { return value }
        return value == .min ? nil : -value
    }

    mutating func failInteger() {
        fail("value is not an integer or out of range")
    }
}
