import CLinux
import Glibc
import Sockets
import SystemPackage

/// An `evlab demo` that serves, under test.
struct DemoServer: ~Copyable {
    var program: Program
    /// Where it listens, by the name that it gives to the place: an empty one if there is only one place.
    let addresses: [String: SocketAddress]

    /// Starts it and waits until it listens in as many places as it should.
    ///
    /// - Parameters:
    ///   - environment: variables for it, such as `LD_PRELOAD=library.so`.
    ///   - trace: what notes its system calls, if anything does.
    static func start(
        _ arguments: [String],
        on variant: DemoVariant? = nil,
        places: Int = 1,
        environment: [String] = [],
        tracedBy trace: CallTrace? = nil
    ) throws -> DemoServer {
        let command = ["demo"] + arguments + ["--port", "0"] + (variant?.arguments ?? [])
        let traced = (trace?.command ?? []) + ["env"] + environment + [Program.evlabPath]
        return try wait(for: Program.start(traced + command), places)
    }

    /// Starts it as a script says.
    static func start(_ script: DemoScript, on variant: DemoVariant, try number: Int = 0) throws -> DemoServer {
        let arguments = script.arguments + script.tries[number] + script.more(variant)
        return try start(arguments, on: variant, places: script.places.count)
    }

    /// Starts the services of a configuration.
    ///
    /// - Parameters:
    ///   - options: by default it waits at its end for programs that are about to.
    ///   - command: what starts it, with its own command line as arguments.
    static func start(
        services: String,
        on variant: DemoVariant,
        places: Int = 1,
        options: [String] = ["--grace", "3600"],
        through command: [String] = []
    ) throws -> DemoServer {
        let shell = "exec \"$0\" \"$@\" <<'THE END'\n\(services)\nTHE END\n"
        let inetd = [Program.evlabPath, "demo", "inetd", "--config", "/dev/stdin"] + options + variant.arguments
        return try wait(for: Program.start(["sh", "-c", shell] + command + inetd), places)
    }

    private static func wait(for program: consuming Program, _ places: Int) throws -> DemoServer {
        var program = program
        var addresses: [String: SocketAddress] = [:]
        for _ in 0..<places {
            let line = try program.line()
            let words = line.split(separator: " ")
            guard let address = words.last.flatMap({ SocketAddress(String($0)) }), line.contains("listening on ") else {
                throw Program.Failure(description: "'\(line)' is not where it listens")
            }
            addresses[words.count == 4 ? String(words[0]) : ""] = address
        }
        return DemoServer(program: program, addresses: addresses)
    }

    private init(program: consuming Program, addresses: [String: SocketAddress]) {
        self.program = program
        self.addresses = addresses
    }

    /// Where the place of that name is; the name is not needed where there is only one.
    func address(_ place: String = "") throws -> SocketAddress {
        if place.isEmpty, addresses.count == 1, let address = addresses.values.first { return address }
        guard let address = addresses[place] else {
            throw Program.Failure(description: "it listens in \(addresses.keys), not in '\(place)'")
        }
        return address
    }

    var port: String { String(addresses.values.first?.port ?? 0) }

    func port(_ place: String) throws -> String {
        String(try address(place).port ?? 0)
    }

    /// The processes that it has started and that are still there, as zombies at least.
    var children: [String] {
        get throws {
            try entries(of: "/proc/\(program.id)/task").flatMap { task in
                try text(of: "/proc/\(program.id)/task/\(task)/children").split(separator: " ").map(String.init)
            }
        }
    }

    private func text(of file: String) throws -> String {
        let descriptor = try FileDescriptor.open(FilePath(file), .readOnly, options: .closeOnExec)
        return try descriptor.closeAfter {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    func connect(_ place: String = "") throws -> Client {
        try Client(address(place))
    }

    /// Ends it with one signal, for a second one may kill it; the one line of totals, if all went as it should.
    mutating func stop(by signal: CInt = SIGTERM) throws -> String {
        program.send(signal)
        let end = try program.end()
        guard end.code == 0, end.errors.isEmpty else {
            throw Program.Failure(description: "code \(end.code): \(end.errors)")
        }
        return end.output
    }

    /// How many descriptors it has open.
    var descriptorCount: Int {
        get throws { try entries(of: "/proc/\(program.id)/fd").count }
    }

    /// The kernel's numbers of its sockets.
    var sockets: Set<Substring> {
        get throws {
            let list = try Program.run(["ls", "-l", "/proc/\(program.id)/fd"]).output
            return Set(
                list.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("socket:[") }
                    .map { $0.dropFirst("socket:[".count).dropLast() }
            )
        }
    }

    /// Whether it comes to use hardly any CPU in a second in which there is nothing to do.
    func isQuiet() -> Bool { program.isQuiet() }
}

extension Client {
    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// The next line, without its end; what is left of one at the end of the stream.
    func line() throws -> String {
        var line: [UInt8] = []
        while let byte = try receive(atMost: 1).first, byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// All that comes to the end of the stream.
    func text() throws -> String {
        try String(decoding: receive(), as: UTF8.self)
    }
}
