/// Commands on the connection itself.
extension RespSession {
    mutating func ping(_ input: Span<UInt8>) {
        if argumentCount == 0 { answers.say("PONG") } else { answers.bulk(argument(1, input)) }
    }

    mutating func quit() {
        answers.say("OK")
        isOver = true
    }

    /// There is one database, the first.
    mutating func select(_ input: Span<UInt8>) {
        guard let index = integer(1, input) else { return failInteger() }
        guard index == 0 else { return fail("DB index is out of range") }
        answers.say("OK")
    }

    mutating func client(_ input: Span<UInt8>) {
        if isNamed("ID", input, 1) {
            guard argumentCount == 1 else { return failCount("client|id") }
            return answers.integer(id)
        }
        if isNamed("GETNAME", input, 1) {
            guard argumentCount == 1 else { return failCount("client|getname") }
            return name.isEmpty ? answers.null() : answers.bulk(name)
        }
        if isNamed("SETNAME", input, 1) {
            guard argumentCount == 2 else { return failCount("client|setname") }
            return take(name: argument(2, input)) ? answers.say("OK") : ()
        }
        if isNamed("SETINFO", input, 1) {
            guard argumentCount == 3 else { return failCount("client|setinfo") }
            return takeInformation(input)
        }
        fail("unknown subcommand '\(quoted(1, input))'. Try CLIENT HELP.")
    }

    /// What a client's library says of itself; it is checked, and not kept.
    private mutating func takeInformation(_ input: Span<UInt8>) {
        guard isNamed("LIB-NAME", input, 2) || isNamed("LIB-VER", input, 2) else {
            return fail("Unrecognized option '\(quoted(2, input))'")
        }
        guard Self.isPrintable(argument(3, input)) else {
            let option = text(2, input).lowercased()
            return fail("\(option) cannot contain spaces, newlines or special characters.")
        }
        answers.say("OK")
    }

    private mutating func take(name: [UInt8]) -> Bool {
        guard Self.isPrintable(name) else {
            fail("Client names cannot contain spaces, newlines or special characters.")
            return false
        }
        self.name = name
        return true
    }

    private static func isPrintable(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }

    // MARK: HELLO

    /// Chooses the version of the protocol, and says what the server is.
    mutating func hello(_ input: Span<UInt8>) {
        var isVersion3 = answers.isVersion3
        if argumentCount > 0 {
            guard let version = integer(1, input) else {
                return fail("Protocol version is not an integer or out of range")
            }
            guard (2...3).contains(version) else { return answers.fail("NOPROTO unsupported protocol version") }
            isVersion3 = version == 3
        }
        guard takeHelloOptions(input) else { return }
        answers.isVersion3 = isVersion3
        describeServer()
    }

    private mutating func takeHelloOptions(_ input: Span<UInt8>) -> Bool {
        var name: [UInt8]?
        var index = 2
        while index <= argumentCount {
            let left = argumentCount - index
            if left >= 2, isNamed("AUTH", input, index) {
                // There are no passwords: as with Redis then, the default user is let in with any.
                guard text(index + 1, input) == "default" else {
                    answers.fail("WRONGPASS invalid username-password pair or user is disabled.")
                    return false
                }
                index += 3
            } else if left >= 1, isNamed("SETNAME", input, index) {
                name = argument(index + 1, input)
                index += 2
            } else {
                fail("Syntax error in HELLO option '\(quoted(index, input))'")
                return false
            }
        }
        return name.map { take(name: $0) } ?? true
    }

    private mutating func describeServer() {
        answers.map(7)
        answers.bulk("server")
        answers.bulk("evlab")
        answers.bulk("version")
        // That of the Redis whose answers these are: clients judge by it what they may ask for.
        answers.bulk("7.0.15")
        answers.bulk("proto")
        answers.integer(answers.isVersion3 ? 3 : 2)
        answers.bulk("id")
        answers.integer(id)
        answers.bulk("mode")
        answers.bulk("standalone")
        answers.bulk("role")
        answers.bulk("master")
        answers.bulk("modules")
        answers.array(0)
    }
}
