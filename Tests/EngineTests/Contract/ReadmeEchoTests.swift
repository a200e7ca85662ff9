import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// The echo server on a `Reactor` that README.md shows, on every engine.
@Suite("The Reactor sample of README.md", .serialized)
struct ReadmeEchoTests {
    @Test(
        "A client that reads late loses no byte, and one that resets harms nobody",
        .bug(id: "sample-loses-partial-writes"),
        arguments: EngineKind.allCases
    )
    func lateReader(_ kind: EngineKind) throws {
        try echoMuch(on: kind.make())
    }

    /// The samples are compiled by `scripts/consumers`; what is tested here must be the same text.
    @Test("README.md has the tested text", .bug(id: "sample-loses-partial-writes"))
    func sameText() throws {
        let file = #filePath
        let root = file.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        let sample = try lines(of: file)
        let start = try #require(sample.firstIndex { $0.hasPrefix("let listener = ") })
        let end = try #require(sample[start...].firstIndex { $0.hasPrefix("return listener") })
        let readme = try lines(of: root + "/README.md").joined(separator: "\n")
        #expect(readme.contains(sample[start..<end].joined(separator: "\n")))
    }

    /// The lines of a file without indentation, comments at their ends, and the address.
    private func lines(of path: String) throws -> [String] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        let text = try file.closeAfter {
            var bytes = [UInt8](repeating: 0, count: 1_048_576)
            let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
            let start = code.drop { $0 == " " }
            let end = start.lastIndex { $0 != " " }.map { start.index(after: $0) } ?? start.startIndex
            return String(start[..<end]).replacing(".loopback(port: 9000)", with: ".unnamedUnix")
        }
    }
}

private func serve<Engine: EventEngine>(on reactor: Engine) throws -> Listener<Engine> {
    let listener = try Listener(on: reactor, address: .unnamedUnix) { socket, peer in
        var unsent: [UInt8] = []  // what the kernel has not taken yet
        try reactor.watch(socket, for: .readable) { connection, _ in
            do {
                if unsent.isEmpty {
                    var bytes = [UInt8](repeating: 0, count: 4096)
                    var buffer = bytes.mutableSpan
                    switch try connection.socket.read(into: &buffer) {
                    case .bytes(let count): unsent = Array(bytes.prefix(count))
                    case .wouldBlock: return  // nothing has come after all
                    case .end: return connection.close()
                    }
                }
                if case .bytes(let count) = try connection.socket.write(unsent.span) { unsent.removeFirst(count) }
                try connection.setInterest(unsent.isEmpty ? .readable : .writable)
            } catch {
                connection.close()  // a reset, for example
            }
        }
    }
    return listener
}

private func echoMuch<Engine: EventEngine>(on engine: Engine) throws {
    let listener = try serve(on: engine)
    try reset(listener.address, on: engine)
    let client = try Socket.connecting(to: listener.address).intoSocket()
    // Several times what the kernel holds on both ways.
    let message = [UInt8]((0..<32_768).map { "line \($0 + 100_000) of the message\n" }.joined().utf8)
    #expect(message.count > 800_000)
    var sent = 0
    var turnsFull = 0
    var received: [UInt8] = []
    let deadline = MonotonicInstant.now.advanced(by: patience)
    while received.count < message.count, .now < deadline {
        _ = try engine.run(.withoutWaiting)
        if sent < message.count, case .bytes(let count) = try client.write(message.span.extracting(sent...)) {
            sent += count
            turnsFull = 0
        } else if sent < message.count, turnsFull < 200 {
            // In so many turns the server could read all that the kernel holds: it must stop before.
            turnsFull += 1
        } else if let bytes = client.readBytes() {
            received += bytes
        }
    }
    // Not compared in the expectation, which would look for the differences of two long arrays.
    let isWhole = received == message
    #expect(isWhole, "\(received.count) of \(message.count) bytes came back")
    listener.close()
}

/// Connects, sends something, and goes without reading the answer.
private func reset<Engine: EventEngine>(_ address: SocketAddress, on engine: Engine) throws {
    let client = try Socket.connecting(to: address).intoSocket()
    _ = try client.write([1].span)
    for _ in 0..<10 { _ = try engine.run(.withoutWaiting) }
    try client.set(.linger, to: .seconds(0))
    client.close()
    for _ in 0..<10 { _ = try engine.run(.withoutWaiting) }
}
