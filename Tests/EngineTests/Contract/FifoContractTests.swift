import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// A named pipe whose writers come and go.
@Suite struct FifoContractTests {
    private struct Fifo: ~Copyable {
        private let path = FilePath("/tmp/swift-libevent-fifo-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")

        init() throws {
            try #require(unsafe path.withPlatformString { unsafe mkfifo($0, 0o600) } == 0)
        }

        deinit {
            _ = unsafe path.withPlatformString { unsafe unlink($0) }
        }

        func reader() throws -> Descriptor {
            Descriptor(adopting: try FileDescriptor.open(path, .readOnly, options: .nonBlocking))
        }

        func writer() throws -> FileDescriptor {
            try FileDescriptor.open(path, .writeOnly, options: .nonBlocking)
        }
    }

    /// What a watch was called for.
    private final class Seen {
        var calls = 0
        var ends = 0
        var text = ""
    }

    private static func watch<Engine: EventEngine>(
        _ fifo: borrowing Fifo,
        on engine: Engine,
        _ trigger: Trigger,
        _ seen: Seen
    ) throws -> Engine.Watch {
        try engine.watch(fifo.reader(), for: .readable, trigger: trigger) { watch, _ in
            seen.calls += 1
            #expect(throws: Never.self) {
                var bytes = [UInt8](repeating: 0, count: 16)
                while true {
                    var span = bytes.mutableSpan
                    switch try watch.socket.read(into: &span) {
                    case .bytes(let count): seen.text += String(decoding: bytes.prefix(count), as: UTF8.self)
                    case .wouldBlock: return try watch.setInterest(.readable)
                    case .end:
                        seen.ends += 1
                        // A level trigger reports the end again and again, until the next writer comes.
                        return trigger == .level ? try watch.setInterest([]) : ()
                    }
                }
            }
        }
    }

    private static func check(_ engine: some EventEngine, _ trigger: Trigger) throws {
        let fifo = try Fifo()
        let seen = Seen()
        let watch = try Self.watch(fifo, on: engine, trigger, seen)
        try engine.runWithoutWaiting()
        // A pipe that has had no writer yet has not ended.
        #expect(seen.calls == 0)
        for round in 1...3 {
            let writer = try fifo.writer()
            if round > 1, trigger != .edge { try watch.setInterest(.readable) }
            try engine.runWithoutWaiting()
            #expect(seen.ends == round - 1)
            try writer.writeAll("\(round)".utf8)
            try engine.run(until: { seen.text.count == round })
            try writer.close()
            try engine.run(until: { seen.ends == round })
            let calls = seen.calls
            try engine.runWithoutWaiting()
            #expect(seen.calls == calls)
        }
        #expect(seen.text == "123")
        watch.close()
    }

    @Test(
        "Nothing before the first writer; then each one's bytes and end, and the next one's",
        .bug(id: "fifo-whose-writer-has-gone"),
        arguments: EngineKind.allCases,
        [Trigger.level, .levelOneShot]
    )
    func writers(_ kind: EngineKind, _ trigger: Trigger) throws {
        try Self.check(kind.make(), trigger)
    }

    @Test(
        "The same under an edge trigger",
        .bug(id: "fifo-whose-writer-has-gone"),
        arguments: EngineKind.edgeTriggered,
        [Trigger.edge, .edgeOneShot]
    )
    func edges(_ kind: EngineKind, _ trigger: Trigger) throws {
        try Self.check(kind.make(), trigger)
    }
}
