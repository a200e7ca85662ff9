import CLinux
import Glibc
import Sockets

/// An `evlab demo` that serves, under test.
struct DemoServer: ~Copyable {
    var program: Program
    /// Where it listens, by the name that it gives to the place: an empty one if there is only one place.
    let addresses: [String: SocketAddress]

    /// Starts it and waits until it listens in as many places as it should.
    static func start(_ arguments: [String], on variant: DemoVariant? = nil, places: Int = 1) throws -> DemoServer {
        var program = try Program.evlab(["demo"] + arguments + ["--port", "0"] + (variant?.arguments ?? []))
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

    func address(_ place: String = "") throws -> SocketAddress {
        guard let address = addresses[place] else {
            throw Program.Failure(description: "it listens in \(addresses.keys), not in '\(place)'")
        }
        return address
    }

    var port: String { String(addresses.values.first?.port ?? 0) }

    func connect(_ place: String = "") throws -> Client {
        try Client(address(place))
    }

    /// Ends it with a signal; the one line of totals, if all went as it should.
    mutating func stop() throws -> String {
        program.send(SIGTERM)
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

    /// Whether it uses hardly any CPU in a second in which there is nothing to do.
    func isQuiet() -> Bool {
        let before = program.cpu
        // The one second that is measured.
        var nothing = pollfd(fd: -1, events: 0, revents: 0)
        _ = unsafe clinux_poll(&nothing, 1, 1000)
        return program.cpu - before < 300_000_000
    }
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
