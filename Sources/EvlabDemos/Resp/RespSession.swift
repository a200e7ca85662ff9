internal import EventLoops

/// One client: what it has sent of a command that is not complete, and the answers that are to be written together.
struct RespSession {
    private let store: RespStore
    private var parser = RespParser()
    private var incomplete: [UInt8] = []
    private var answers: [UInt8] = []

    init(_ store: RespStore) {
        self.store = store
    }

    /// Answers every command that is complete, with one write when the turn ends.
    mutating func receive(_ chunk: Span<UInt8>, on connection: ChunkConnection) {
        guard incomplete.isEmpty else {
            unsafe chunk.withUnsafeBufferPointer { unsafe incomplete.append(contentsOf: $0) }
            let bytes = incomplete
            incomplete = []
            return answer(bytes.span, on: connection)
        }
        answer(chunk, on: connection)
    }

    private mutating func answer(_ bytes: Span<UInt8>, on connection: ChunkConnection) {
        var start = 0
        do throws(RespParser.Malformed) {
            while let end = try parser.next(in: bytes, from: start) {
                if parser.count > 0 { run(bytes) }
                start = end
            }
        } catch {
            fail("Protocol error: \(error.reason)")
            try connection.writeLater(answers.span)
            return connection.close()
        }
        if start < bytes.count {
            unsafe bytes.extracting(droppingFirst: start).withUnsafeBufferPointer { unsafe incomplete = Array($0) }
        }
        try connection.writeLater(answers.span)
        answers.removeAll(keepingCapacity: answers.count <= 65_536)
    }

    // MARK: Commands

    private var argumentCount: Int { parser.count }

    private func key(_ bytes: Span<UInt8>) -> RespKey {
        RespKey(bytes: argument(1, bytes))
    }

    private func argument(_ index: Int, _ bytes: Span<UInt8>) -> [UInt8] {
        unsafe bytes.extracting(parser.arguments[index]).withUnsafeBufferPointer { unsafe Array($0) }
    }

    private func isNamed(_ name: StaticString, _ bytes: Span<UInt8>, _ index: Int = 0) -> Bool {
        let word = bytes.extracting(parser.arguments[index])
        guard word.count == name.utf8CodeUnitCount else { return false }
        // The names are capitals; clients write as they like.
        return word.indices.allSatisfy { unsafe word[$0] & 0xDF == name.utf8Start[$0] }
    }

    private mutating func run(_ bytes: Span<UInt8>) {
        if isNamed("GET", bytes) { return get(bytes) }
        if isNamed("SET", bytes) { return set(bytes) }
        if isNamed("PING", bytes) { return argumentCount == 1 ? say("PONG") : bulk(argument(1, bytes)) }
        if isNamed("INCR", bytes) { return increment(bytes) }
        if isNamed("DEL", bytes) { return delete(bytes) }
        if isNamed("ECHO", bytes) { return hasArguments(1) ? bulk(argument(1, bytes)) : () }
        if isNamed("EXPIRE", bytes) { return expire(bytes) }
        fail("unknown command '\(String(decoding: argument(0, bytes).prefix(64), as: UTF8.self))'")
    }

    private mutating func hasArguments(_ count: Int) -> Bool {
        guard argumentCount == count + 1 else {
            fail("wrong number of arguments")
            return false
        }
        return true
    }

    private mutating func get(_ bytes: Span<UInt8>) {
        guard hasArguments(1) else { return }
        store.read(key(bytes)) { entry in bulk(entry?.value) }
    }

    private mutating func set(_ bytes: Span<UInt8>) {
        guard argumentCount == 3 || argumentCount == 5 else { return fail("syntax error") }
        var entry = RespStore.Entry(value: argument(2, bytes))
        if argumentCount == 5 {
            guard let time = number(argument(4, bytes)), time > 0 else { return fail("invalid expire time in 'set'") }
            guard isNamed("EX", bytes, 3) || isNamed("PX", bytes, 3) else { return fail("syntax error") }
            entry.end = Self.end(after: time, of: isNamed("EX", bytes, 3) ? 1_000_000_000 : 1_000_000)
        }
        store.set(key(bytes), to: entry)
        say("OK")
    }

    /// When a time that a client names is over; a very long one is for ever.
    private static func end(after time: Int, of nanoseconds: Int) -> Int64 {
        let (delay, isTooLong) = time.multipliedReportingOverflow(by: nanoseconds)
        let (end, isTooLate) = RespStore.now.addingReportingOverflow(Int64(delay))
        if isTooLong { return time < 0 ? .min : .max }
        return isTooLate ? .max : end
    }

    private mutating func increment(_ bytes: Span<UInt8>) {
        guard hasArguments(1) else { return }
        let result: Int? = store.change(key(bytes)) { entry in
            guard let old = entry.map({ number($0.value) }) ?? 0, old < .max else { return nil }
            entry = RespStore.Entry(value: Array("\(old + 1)".utf8), end: entry?.end ?? .max)
            return old + 1
        }
        guard let result else { return fail("value is not an integer or out of range") }
        count(result)
    }

    private mutating func delete(_ bytes: Span<UInt8>) {
        var deleted = 0
        for index in 1..<max(argumentCount, 1) {
            deleted += store.change(RespKey(bytes: argument(index, bytes))) { $0.take() == nil ? 0 : 1 }
        }
        count(deleted)
    }

    private mutating func expire(_ bytes: Span<UInt8>) {
        guard hasArguments(2) else { return }
        guard let seconds = number(argument(2, bytes)) else { return fail("value is not an integer or out of range") }
        let end = Self.end(after: seconds, of: 1_000_000_000)
        count(
            store.change(key(bytes)) { entry in
                guard entry != nil else { return 0 }
                entry?.end = end
                return 1
            }
        )
    }

    private func number(_ digits: [UInt8]) -> Int? {
        Int(String(decoding: digits, as: UTF8.self))
    }

    // MARK: Answers

    private mutating func say(_ text: StaticString) {
        answers.append(UInt8(ascii: "+"))
        text.withUTF8Buffer { unsafe answers.append(contentsOf: $0) }
        endLine()
    }

    private mutating func fail(_ text: String) {
        answers.append(contentsOf: "-ERR \(text)".utf8)
        endLine()
    }

    private mutating func count(_ number: Int) {
        line(UInt8(ascii: ":"), number)
    }

    private mutating func bulk(_ bytes: [UInt8]?) {
        guard let bytes else { return nothing() }
        line(UInt8(ascii: "$"), bytes.count)
        answers.append(contentsOf: bytes)
        endLine()
    }

    private mutating func nothing() {
        answers.append(contentsOf: "$-1".utf8)
        endLine()
    }

    /// A mark and a number; most are short enough to need no text in between.
    private mutating func line(_ mark: UInt8, _ number: Int) {
        answers.append(mark)
        if (0..<10).contains(number) {
            answers.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            answers.append(contentsOf: String(number).utf8)
        }
        endLine()
    }

    private mutating func endLine() {
        answers.append(0x0D)
        answers.append(0x0A)
    }
}
