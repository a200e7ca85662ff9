/// The services of a configuration file. Each line is one, in words that are separated by blanks; `#` begins a comment.
///
///     # NAME   PORT/TRANSPORT  WHAT
///     echo     7007/tcp        internal
///     daytime  7013/udp        internal
///     hello    7100/tcp        at-once=20 waiting=100 a-second=50 /bin/echo hello
///
/// `internal` is the built-in service of that name. Otherwise a program is named by its path from the root, with its
/// arguments behind it and its limits before it: how many may run `at-once` (1 to 10000; 20 if not given), how many
/// connections may be `waiting` for their turn (0 to 10000; 100), and how many may start `a-second` (1 to 10000; any number).
public struct InetdConfiguration: Hashable, Sendable {
    public var services: [InetdService]

    /// - Throws: the first line that is wrong.
    public init(parsing text: String) throws(InetdConfigurationError) {
        services = []
        var taken: Set<Place> = []
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
            guard !words.isEmpty else { continue }
            let service = try Line(number: number, words: words.map(String.init)).service()
            let place = Place(port: service.port, transport: service.transport)
            guard place.port == 0 || taken.insert(place).inserted else {
                let reason = "'\(place)' is taken by a line before: use another port"
                throw InetdConfigurationError(line: number, reason: reason)
            }
            services.append(service)
        }
        guard !services.isEmpty else {
            let reason = "no service is named: write NAME PORT/tcp internal"
            throw InetdConfigurationError(line: max(number, 1), reason: reason)
        }
    }
}

/// What only one service can have.
private struct Place: Hashable, CustomStringConvertible {
    let port: UInt16
    let transport: InetdService.Transport

    var description: String { "\(port)/\(transport.rawValue)" }
}

/// One line that is not empty.
private struct Line {
    let number: Int
    let words: [String]

    private func wrong(_ reason: String) -> InetdConfigurationError {
        InetdConfigurationError(line: number, reason: reason)
    }

    func service() throws(InetdConfigurationError) -> InetdService {
        guard words.count >= 3 else {
            throw wrong("'\(words.joined(separator: " "))' is not complete: write NAME PORT/tcp WHAT")
        }
        let place = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard place.count == 2, let port = UInt16(place[0]) else {
            throw wrong("'\(words[1])' is no place: write a port from 0 to 65535 and a transport, as in 7007/tcp")
        }
        guard let transport = InetdService.Transport(rawValue: String(place[1])) else {
            throw wrong("'\(place[1])' is no transport: use tcp or udp")
        }
        return InetdService(name: words[0], port: port, transport: transport, action: try action(transport))
    }

    private func action(_ transport: InetdService.Transport) throws(InetdConfigurationError) -> InetdService.Action {
        guard words[2] == "internal" else { return .program(try program(transport)) }
        guard words.count == 3 else { throw wrong("'\(words[3])' follows internal: end the line there") }
        guard let service = InetdBuiltIn(rawValue: words[0]) else {
            let names = InetdBuiltIn.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong("'\(words[0])' is not built in: use one of \(names), or name a program")
        }
        return .builtIn(service)
    }

    private func program(_ transport: InetdService.Transport) throws(InetdConfigurationError) -> InetdProgram {
        let options = words[2...].prefix { !$0.hasPrefix("/") && $0.contains("=") }
        let command = words[2...].dropFirst(options.count)
        guard let path = command.first else { throw wrong("no program is named: write its path, as in /bin/cat") }
        guard path.hasPrefix("/") else {
            throw wrong("'\(path)' is neither internal nor a path from the root, as in /bin/cat")
        }
        guard transport == .tcp else { throw wrong("'\(path)' cannot serve udp: programs serve tcp only") }
        var program = InetdProgram(path: path, arguments: Array(command.dropFirst()))
        for option in options { try set(option, of: &program) }
        return program
    }

    private func set(_ option: String, of program: inout InetdProgram) throws(InetdConfigurationError) {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        switch parts[0] {
        case "at-once": program.atOnce = try value(parts[1], of: option, from: 1)
        case "waiting": program.waiting = try value(parts[1], of: option, from: 0)
        case "a-second": program.perSecond = try value(parts[1], of: option, from: 1)
        default: throw wrong("'\(option)' is not known: use at-once=N, waiting=N or a-second=N")
        }
    }

    private func value(
        _ text: Substring,
        of option: String,
        from lowest: Int
    ) throws(InetdConfigurationError) -> Int {
        guard let value = Int(text), (lowest...10_000).contains(value) else {
            throw wrong("'\(option)': use a number from \(lowest) to 10000")
        }
        return value
    }
}
