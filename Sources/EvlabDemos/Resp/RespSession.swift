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

    /// Answers every command that is complete, with one write.
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
                if !parser.arguments.isEmpty { run(bytes) }
                start = end
            }
        } catch {
            fail("Protocol error: \(error.reason)")
            connection.write(answers.span)
            return connection.close()
        }
        if start < bytes.count {
            unsafe bytes.extracting(droppingFirst: start).withUnsafeBufferPointer { unsafe incomplete = Array($0) }
        }
        connection.write(answers.span)
        answers.removeAll(keepingCapacity: answers.count <= 65_536)
    }

    // MARK: Commands

    private var argumentCount: Int { parser.arguments.count }

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
        bulk(store.withEntry(of: argument(1, bytes)) { $0?.value })
    }

    private mutating func set(_ bytes: Span<UInt8>) {
        guard argumentCount == 3 || argumentCount == 5 else { return fail("syntax error") }
        var end: ContinuousClock.Instant?
        if argumentCount == 5 {
            guard let time = number(argument(4, bytes)), time > 0 else { return fail("invalid expire time in 'set'") }
            guard isNamed("EX", bytes, 3) || isNamed("PX", bytes, 3) else { return fail("syntax error") }
            end = .now + (isNamed("EX", bytes, 3) ? .seconds(time) : .milliseconds(time))
        }
        let value = argument(2, bytes)
        store.withEntry(of: argument(1, bytes)) { $0 = RespStore.Entry(value: value, end: end) }
        say("OK")
    }

    private mutating func increment(_ bytes: Span<UInt8>) {
        guard hasArguments(1) else { return }
        let result: Int? = store.withEntry(of: argument(1, bytes)) { entry in
            guard let old = entry.map({ number($0.value) }) ?? 0, old < .max else { return nil }
            entry = RespStore.Entry(value: Array("\(old + 1)".utf8), end: entry?.end)
            return old + 1
        }
        guard let result else { return fail("value is not an integer or out of range") }
        count(result)
    }

    private mutating func delete(_ bytes: Span<UInt8>) {
        var deleted = 0
        for index in 1..<max(argumentCount, 1) {
            deleted += store.withEntry(of: argument(index, bytes)) { $0.take() == nil ? 0 : 1 }
        }
        count(deleted)
    }

    private mutating func expire(_ bytes: Span<UInt8>) {
        guard hasArguments(2) else { return }
        guard let seconds = number(argument(2, bytes)) else { return fail("value is not an integer or out of range") }
        let end = ContinuousClock.now + .seconds(seconds)
        count(
            store.withEntry(of: argument(1, bytes)) { entry in
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
        answers.append(contentsOf: ":\(number)".utf8)
        endLine()
    }

    private mutating func bulk(_ bytes: [UInt8]?) {
        guard let bytes else {
            answers.append(contentsOf: "$-1".utf8)
            return endLine()
        }
        answers.append(UInt8(ascii: "$"))
        answers.append(contentsOf: String(bytes.count).utf8)
        endLine()
        answers.append(contentsOf: bytes)
        endLine()
    }

    private mutating func endLine() {
        answers.append(0x0D)
        answers.append(0x0A)
    }
}
