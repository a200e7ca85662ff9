/// Commands on values.
extension RespSession {
    mutating func get(_ input: Span<UInt8>) {
        // Copied under the lock if it is small; else it is shared, and copied without holding up other loops.
        let large: [UInt8]? = store.read(key(input)) { entry in
            guard let value = entry?.value else {
                answers.null()
                return nil
            }
            guard isLarge(value) else {
                answers.bulk(value)
                return nil
            }
            return value
        }
        if let large { give([large]) }
    }

    mutating func getMany(_ input: Span<UInt8>) {
        let values = store.values(of: (1...argumentCount).map { key(input, $0) })
        answers.array(values.count)
        give(values[...])
    }

    mutating func set(_ input: Span<UInt8>) {
        let entry = RespStore.Entry(value: argument(2, input))
        guard argumentCount > 2 else {
            store.set(key(input), to: entry)
            return answers.say("OK")
        }
        guard let options = setOptions(input) else { return }
        let (old, isSet) = store.change(key(input)) { current in
            let old = current
            guard options.allow(old != nil) else { return (old?.value, false) }
            let end = options.keepsTime ? old?.end : options.end
            current = RespStore.Entry(value: entry.value, end: end ?? .max)
            return (old?.value, true)
        }
        if options.returnsOldValue { return give([old]) }
        if isSet { answers.say("OK") } else { answers.null() }
    }

    /// The options of a SET; `nil` if they were wrong, and that is the answer.
    private mutating func setOptions(_ input: Span<UInt8>) -> RespSetOptions? {
        var options = RespSetOptions()
        var index = 3
        while index <= argumentCount {
            let isSeconds = isNamed("EX", input, index)
            if isSeconds || isNamed("PX", input, index) {
                guard options.end == nil, !options.keepsTime, index < argumentCount else { return failSyntax() }
                guard let end = end(index + 1, isSeconds ? 1000 : 1, .set, input) else { return nil }
                options.end = end
                index += 1
            } else if isNamed("GET", input, index) {
                options.returnsOldValue = true
            } else if isNamed("KEEPTTL", input, index), options.end == nil {
                options.keepsTime = true
            } else if isNamed("NX", input, index), options.condition != .keyExists {
                options.condition = .keyIsMissing
            } else if isNamed("XX", input, index), options.condition != .keyIsMissing {
                options.condition = .keyExists
            } else {
                return failSyntax()
            }
            index += 1
        }
        return options
    }

    private mutating func failSyntax() -> RespSetOptions? {
        fail("syntax error")
        return nil
    }

    /// SETEX and PSETEX.
    mutating func set(_ unit: Int, _ command: RespCommand, _ input: Span<UInt8>) {
        guard let end = end(2, unit, command, input) else { return }
        store.set(key(input), to: RespStore.Entry(value: argument(3, input), end: end))
        answers.say("OK")
    }

    mutating func setMany(_ input: Span<UInt8>) {
        guard argumentCount.isMultiple(of: 2) else { return failCount("mset") }
        let pairs = stride(from: 1, to: argumentCount, by: 2).map { index in
            (key(input, index), RespStore.Entry(value: argument(index + 1, input)))
        }
        store.set(pairs)
        answers.say("OK")
    }

    mutating func delete(_ input: Span<UInt8>) {
        var deleted = 0
        for index in 1...argumentCount {
            deleted += store.change(key(input, index)) { $0.take() == nil ? 0 : 1 }
        }
        answers.integer(deleted)
    }

    mutating func exists(_ input: Span<UInt8>) {
        var found = 0
        for index in 1...argumentCount {
            found += store.read(key(input, index)) { $0 == nil ? 0 : 1 }
        }
        answers.integer(found)
    }

    // MARK: Numbers

    mutating func add(_ input: Span<UInt8>) {
        guard let amount = integer(2, input) else { return failInteger() }
        add(amount, input)
    }

    mutating func subtract(_ input: Span<UInt8>) {
        guard let amount = integer(2, input) else { return failInteger() }
        guard amount != .min else { return fail("decrement would overflow") }
        add(-amount, input)
    }

    mutating func add(_ amount: Int, _ input: Span<UInt8>) {
        let (sum, overflows): (Int?, Bool) = store.change(key(input)) { entry in
            guard let old = entry.map({ Self.integer($0.value.span) }) ?? 0 else { return (nil, false) }
            let (sum, overflows) = old.addingReportingOverflow(amount)
            guard !overflows else { return (nil, true) }
            entry = RespStore.Entry(value: Array("\(sum)".utf8), end: entry?.end ?? .max)
            return (sum, false)
        }
        if let sum { return answers.integer(sum) }
        if overflows { fail("increment or decrement would overflow") } else { failInteger() }
    }
}
