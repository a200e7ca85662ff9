import CLinux
import EventLoops
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// Writes that wait for the end of the turn.
@Suite(.serialized, .onTestThread)
struct WriteLaterTests {
    enum Way: CaseIterable {
        case atOnce, later
    }

    @Test(
        "peers whose input came together get their answers together; with write, each at once",
        arguments: EngineKind.allCases,
        Way.allCases
    )
    func together(_ kind: EngineKind, _ way: Way) async throws {
        let (peers, early) = (Collected<Peer>(), Collected<[UInt8]>())
        let (isHeld, isToGoOn) = (Collected<Void>(), try Gate())
        try await withChunkServer(kind, on: .unnamedUnix) { connection, chunk in
            if chunk.count == 4 {
                isHeld.add(())
                return isToGoOn.wait()
            }
            // What was answered before in this turn.
            for peer in peers.all { early.add(try peer.receiveNow()) }
            for part in ["an", "sw", "er"] {
                try way == .later ? connection.writeLater(part) : connection.write(part)
            }
        } body: { server in
            let holder = try await Peer.connect(to: server.address)
            for _ in 0..<3 { peers.add(try await Peer.connect(to: server.address)) }
            try await holder.send("hold")
            try await isHeld.wait()
            for peer in peers.all { try await peer.send("?") }
            isToGoOn.open()
            try await early.wait(for: 9)
            #expect(early.all.joined().count == (way == .later ? 0 : 12))
            for peer in peers.all where way == .later { #expect(try await peer.receiveText(6) == "answer") }
            server.shutDown(within: .zero)
        }
    }

    @Test("all arrives in the order of writing, whichever way and however much it is", arguments: EngineKind.allCases)
    func order(_ kind: EngineKind) async throws {
        let sizes = [1, 70_000, 3, 0, 65_535, 1, 65_536, 200_000, 2]
        try await withChunkServer(kind) { connection, _ in
            var next = 0
            for way in [Way.later, .atOnce, .later, .later] {
                for size in sizes {
                    let part = pattern(from: next, size)
                    next += size
                    try way == .later ? connection.writeLater(part.span) : connection.write(part.span)
                }
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("?")
            let count = 4 * sizes.reduce(0, +)
            #expect(try await peer.receive(exactly: count) == pattern(from: 0, count))
        }
    }

    @Test(
        "more pieces than one call of the kernel takes are written in one turn",
        .bug(id: "more-than-1024-pieces"),
        arguments: EngineKind.allCases,
        [1, 20]
    )
    func manyPieces(_ kind: EngineKind, _ size: Int) async throws {
        let all = pattern(from: 0, 5000 * size)
        try await withChunkServer(kind) { connection, _ in
            for start in stride(from: 0, to: all.count, by: size) {
                try connection.writeLater(all.span.extracting(start..<start + size))
            }
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("?")
            #expect(try await peer.receive(exactly: all.count) == all)
        }
    }

    enum Ending: CaseIterable {
        case close, error, abort, endOfPeer
    }

    @Test("what a connection ends with is sent, but for an abort", arguments: EngineKind.allCases, Ending.allCases)
    func lastWords(_ kind: EngineKind, _ ending: Ending) async throws {
        try await withServer(
            kind,
            eachConnection: { connection in
                connection.onEnd { _ in
                    if ending == .endOfPeer { try? connection.writeLater("last words") }
                }
                return { _ in
                    if ending != .endOfPeer { try connection.writeLater("last words") }
                    switch ending {
                    case .close: connection.close()
                    case .error: throw IOError("test", .system)
                    case .abort: connection.abort()
                    case .endOfPeer: break
                    }
                }
            }
        ) { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("?")
            if ending == .endOfPeer { try peer.finishWriting() }
            let text = String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self)
            #expect(text == (ending == .abort ? "" : "last words"))
        }
    }

    @Test("a handler writes to another's peer, and a task on the loop too", arguments: EngineKind.allCases)
    func toOthers(_ kind: EngineKind) async throws {
        let listeners = Collected<ChunkConnection>()
        try await withChunkServer(kind) { connection, chunk in
            if chunk[0] == UInt8(ascii: "l") {
                listeners.add(connection)
                return try connection.writeLater("!")
            }
            for listener in listeners.all { try listener.writeLater("from a handler, ") }
            Task(executorPreference: connection.loop) {
                for listener in listeners.all { try listener.writeLater("from a task") }
                try? await connection.loop.sleep(for: .milliseconds(1))
                for listener in listeners.all { try listener.writeLater("; and later") }
            }
        } body: { server in
            let (speaker, listener) = (
                try await Peer.connect(to: server.address), try await Peer.connect(to: server.address)
            )
            try await listener.send("l")
            #expect(try await listener.receiveText(1) == "!")
            try await speaker.send("s")
            let text = "from a handler, from a task; and later"
            #expect(try await listener.receiveText(text.utf8.count) == text)
        }
    }

    @Test("what the kernel does not take when the turn ends follows later", arguments: EngineKind.allCases)
    func room(_ kind: EngineKind) async throws {
        for isClosed in [false, true] {
            try await withChunkServer(kind, on: .unnamedUnix) { connection, _ in
                try connection.set(.sendBuffer, to: 4096)
                try connection.writeLater(pattern(from: 0, 60_000).span)
                if isClosed { connection.close() }
            } body: { server in
                let peer = try await Peer.connect(to: server.address)
                try await peer.send("?")
                #expect(try await peer.receive(exactly: 60_000) == pattern(from: 0, 60_000))
                if isClosed { #expect(try await peer.receiveUntilEnd().isEmpty) }
            }
        }
    }

    @Test(
        "what a peer that does not read would queue over the limit is refused",
        .bug(id: "refused-write"),
        arguments: EngineKind.allCases
    )
    func limit(_ kind: EngineKind) async throws {
        let (refusals, queued) = (Collected<IOError.Code>(), Collected<Int>())
        var options = ServerOptions()
        options.stream.mostQueued = 1000
        try await withServer(
            kind,
            options: options,
            eachConnection: { connection in
                { _ in
                    do throws(IOError) {
                        while true {
                            try connection.writeLater([UInt8](repeating: 7, count: 300).span)
                            queued.add(connection.queuedBytes)
                        }
                    } catch {
                        refusals.add(error.code)
                    }
                }
            }
        ) { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("?")
            #expect(try await refusals.wait() == [.queueFull])
            #expect((300...1000).contains(queued.all.max() ?? 0))
            // The connection lives, and nothing of the refused write was queued.
            let count = queued.all.count * 300
            #expect(try await peer.receive(exactly: count).count == count)
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }

    enum Breaking: CaseIterable {
        case breakLoop, stop
    }

    @Test(
        "whoever ends the run of a base ends the loop: what was collected is sent, and the base can be run again",
        arguments: [1, 3],
        Breaking.allCases
    )
    func brokenOff(_ priorities: Int, _ breaking: Breaking) throws {
        var configuration = EventConfiguration()
        configuration.priorities = priorities
        let base = try EventBase(configuration)
        let owner = BaseOwner(base)
        let peers = Collected<Peer>()
        // Whether it throws is chance: the body may end before the loop does.
        try? EventLoop.run(on: base) { loop in
            let server = try TCPServer(on: .unnamedUnix, loops: [loop])
            async let running: Void = server.run { connection, _ in
                try connection.writeLater("answer")
                breaking == .stop ? owner.base.stop() : owner.base.breakLoop()
            }
            let peer = try await Peer.connect(to: server.address)
            peers.add(peer)
            try await peer.send("?")
            try await running
        }
        let peer = try #require(peers.all.first)
        #expect(String(decoding: try peer.receiveNow(), as: UTF8.self) == "answer")
        try base.run(.withoutWaiting)
    }
}

/// On its way into the handler.
private struct BaseOwner: @unchecked Sendable {
    // Unchecked: only the thread that runs the base uses it.
    let base: EventBase

    init(_ base: EventBase) {
        self.base = base
    }
}

/// Bytes of which every part is different.
private func pattern(from start: Int, _ count: Int) -> [UInt8] {
    (start..<start + count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 16) }
}
