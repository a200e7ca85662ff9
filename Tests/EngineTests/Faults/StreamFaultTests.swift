import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What the other end and the network can do to a connection, on every engine.
@Suite struct StreamFaultTests {
    private struct Mishap: Error {}

    @Test(
        "fault 4: a client that resets before it is accepted harms nobody",
        .bug(id: "reset-before-accept"),
        arguments: EngineKind.allCases
    )
    func resetBeforeAccept(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            var peers: [EchoPeer<Engine>] = []
            let listener = try Listener(on: engine, address: .loopback(port: 0)) { [unowned engine] socket, _ in
                peers.append(try EchoPeer(on: engine, socket))
            }
            do {
                let client = try Socket.connecting(to: listener.address).intoSocket()
                try client.set(.linger, to: .seconds(0))
            }
            let other = try Socket.connecting(to: listener.address).intoSocket()
            _ = try other.write(Array("hello".utf8).span)
            var answer = ""
            try engine.run(until: {
                answer += (try? other.readText()) ?? ""
                return answer == "hello" && peers.contains { !$0.failures.isEmpty }
            })
            #expect(peers.count == 2)
            #expect(peers.flatMap(\.failures).map(\.code) == [.connectionReset])
            listener.close()
        }
        try check(kind.make())
    }

    @Test(
        "fault 5: of a burst of connects none is lost, level and edge",
        .bug(id: "burst-of-connects"),
        arguments: EngineKind.allCases
    )
    func burst(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for trigger in [Trigger.level, .edge] where engine.capabilities.supports(trigger) {
                let socket = try Socket.listening(on: .loopback(port: 0))
                let address = try socket.localAddress()
                var accepted: [SocketAddress?] = []
                let watch = try engine.watch(socket, for: .readable, trigger: trigger) { watch, _ in
                    while let connection = try? watch.socket.accept() { accepted.append(connection.peer) }
                }
                let clients = try (0..<200).map { _ in try Socket.connecting(to: address).intoSocket().release() }
                try engine.run(until: { accepted.count == 200 })
                #expect(Set(accepted).count == 200)
                watch.close()
                for client in clients { try client.close() }
            }
        }
        try check(kind.make())
    }

    @Test(
        "fault 8: what a write does not take is kept, in order, and room is asked for only meanwhile",
        arguments: EngineKind.allCases
    )
    func partialWrites(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            // More than a socket takes at a time, and no two stretches of it are alike.
            let all = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            var sent = 0
            var calls = 0
            try engine.watch(pair.takeFirst(), for: .writable) { watch, _ in
                calls += 1
                while sent < all.count {
                    let rest = Array(all[sent...])
                    guard case .bytes(let count) = try? watch.socket.write(rest.span) else { return }
                    sent += count
                }
                #expect(throws: Never.self) { try watch.setInterest([]) }
            }
            var received = 0
            var isRight = true
            try engine.run(until: {
                while let bytes = pair.second.readBytes() {
                    if !all[received...].starts(with: bytes) { isRight = false }
                    received += bytes.count
                }
                return received == all.count
            })
            #expect(isRight && calls > 1)
            let before = calls
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == before)
        }
        try check(kind.make())
    }

    @Test(
        "fault 10: a peer that never stops sending does not starve the others",
        .bug(id: "one-peer-starves-others"),
        arguments: EngineKind.allCases
    )
    func firehose(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let (hose, quiet) = (try Pair(), try Pair())
            let flood = [UInt8](repeating: 1, count: 65_536)
            let hosePeer = try EchoPeer(on: engine, hose.takeFirst(), chunk: 1024)
            let quietPeer = try EchoPeer(on: engine, quiet.takeFirst())
            for _ in 0..<20 {
                try quiet.send("x")
                let (hoseReads, quietReads) = (hosePeer.reads, quietPeer.reads)
                try engine.run(until: {
                    // It is never empty, and takes everything back.
                    _ = try? hose.second.write(flood.span)
                    _ = hose.second.readBytes()
                    return quietPeer.reads > quietReads
                })
                #expect(hosePeer.reads - hoseReads <= 4)
                #expect(try quiet.second.readText() == "x")
            }
        }
        try check(kind.make())
    }

    @Test(
        "fault 11: a peer that does not read stops what is read from it, and no more is kept than a read",
        .bug(id: "slow-reader-memory"),
        arguments: EngineKind.allCases
    )
    func slowReader(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let pair = try Pair()
            let peer = try EchoPeer(on: engine, pair.takeFirst())
            let chunk = [UInt8](repeating: 7, count: 65_536)
            var sent = 0
            for _ in 0..<200 {
                while case .bytes(let count) = try pair.second.write(chunk.span) { sent += count }
                try engine.run(.withoutWaiting)
            }
            #expect(peer.mostPending <= 4096)
            var received = 0
            try pair.second.shutDown(.writing)
            try engine.run(until: {
                while let bytes = pair.second.readBytes() { received += bytes.count }
                return peer.hasEnded
            })
            #expect(received == sent)
        }
        try check(kind.make())
    }

    @Test("fault 13: after the peer's half-close it still gets what we write", arguments: EngineKind.allCases)
    func halfCloseByPeer(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var request = ""
            try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                let text = (try? watch.socket.readText()) ?? ""
                request += text
                guard text.isEmpty else { return }
                _ = try? watch.socket.write(Array(("answer to " + request).utf8).span)
                watch.close()
            }
            try pair.send("all of it")
            try pair.second.shutDown(.writing)
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(try pair.second.readText() == "answer to all of it")
        }
        try check(kind.make())
    }

    @Test(
        "fault 13: a peer that has finished and does not read costs no turns; then it gets everything",
        .bug(id: "half-closed-peer-spin"),
        arguments: EngineKind.allCases
    )
    func halfClosedSlowReader(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for trigger in [Trigger.level, .edge] where engine.capabilities.supports(trigger) {
                let pair = try Pair()
                let all = variedBytes(4_000_000)
                var (sent, calls, request) = (0, 0, "")
                let watch = try engine.watch(pair.takeFirst(), for: .readable, trigger: trigger) { watch, _ in
                    calls += 1
                    // The request and the end, then only room.
                    while watch.interest == .readable {
                        let text = (try? watch.socket.readText()) ?? ""
                        request += text
                        if text.isEmpty { try? watch.setInterest(.writable) }
                    }
                    while case .bytes(let count) = try? watch.socket.write(all.span.extracting(droppingFirst: sent)),
                        count > 0
                    { sent += count }
                    if sent == all.count { try? watch.setInterest([]) }
                }
                try pair.send("request")
                try pair.second.shutDown(.writing)
                try engine.run(until: { sent > 0 })
                try engine.runWithoutWaiting()
                let before = calls
                try engine.runWithoutWaiting()
                #expect(calls == before && request == "request" && sent < all.count)
                var received: [UInt8] = []
                try engine.run(until: {
                    while let bytes = pair.second.readBytes() { received += bytes }
                    return received.count == all.count
                })
                #expect(received == all)
                watch.close()
            }
        }
        try check(kind.make())
    }

    @Test("fault 14: after our own half-close the peer's data still comes", arguments: EngineKind.allCases)
    func halfCloseByUs(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var seen = ""
            let watch = try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                let text = (try? watch.socket.readText()) ?? ""
                if text.isEmpty { watch.close() }
                seen += text
            }
            try watch.socket.shutDown(.writing)
            #expect(try pair.second.readText() == "")
            try pair.send("one ")
            try engine.run(.withoutWaiting)
            try pair.send("two")
            try pair.second.shutDown(.writing)
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(seen == "one two")
        }
        try check(kind.make())
    }

    @Test("fault 15: a reset in mid-transfer is told once", arguments: EngineKind.allCases)
    func reset(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            var peer: EchoPeer<Engine>?
            let listener = try Listener(on: engine, address: .loopback(port: 0)) { [unowned engine] socket, _ in
                peer = try EchoPeer(on: engine, socket)
            }
            do {
                let client = try Socket.connecting(to: listener.address).intoSocket()
                _ = try client.write(Array("partly".utf8).span)
                try engine.run(until: { (peer?.reads ?? 0) > 0 })
                try client.set(.linger, to: .seconds(0))
            }
            listener.close()
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(peer?.failures.map(\.code) == [.connectionReset])
        }
        try check(kind.make())
    }

    @Test("fault 16: data that comes with the end is delivered before it", arguments: EngineKind.allCases)
    func dataWithEnd(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let pair = try Pair()
            try pair.send("last words")
            try pair.second.shutDown(.writing)
            let peer = try EchoPeer(on: engine, pair.takeFirst())
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(try pair.second.readText() == "last words")
            #expect(peer.hasEnded && peer.failures.isEmpty)
        }
        try check(kind.make())
    }

    @Test(
        "fault 17: a write to a peer that has gone is an error of that write",
        .bug(id: "killed-by-sigpipe"),
        arguments: EngineKind.allCases
    )
    func brokenPipe(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var pair: Pair? = try Pair()
            var error: IOError?
            try engine.watch(try #require(pair).takeFirst(), for: .writable) { watch, _ in
                error = #expect(throws: IOError.self) { try watch.socket.write([1].span) }
                watch.close()
            }
            // A child that another test has just forked has it too; this reaches every copy.
            try pair?.second.shutDown(.both)
            pair = nil
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(error?.code == .brokenPipe)
        }
        try check(kind.make())
    }

    @Test(
        "fault 33: a connect that succeeds, and one that is refused, are told by writability",
        arguments: EngineKind.allCases
    )
    func connects(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            func outcome(of address: SocketAddress) throws -> Result<ConnectOutcome, IOError>? {
                var result: Result<ConnectOutcome, IOError>?
                try engine.watch(Socket.connecting(to: address).intoSocket(), for: .writable) { watch, _ in
                    result = Result { () throws(IOError) in try watch.socket.finishConnecting() }
                    watch.close()
                }
                #expect(try engine.run(.untilIdle) == .idle)
                return result
            }
            let listener = try Socket.listening(on: .loopback(port: 0))
            #expect(try outcome(of: listener.localAddress()) == .success(.connected))
            // Bound but not listening, so that nobody else can take the port.
            let bound = try Socket.bound(to: .loopback(port: 0), .stream)
            guard case .failure(let error) = try outcome(of: bound.localAddress()) else {
                Issue.record("it was not refused")
                return
            }
            #expect(error.code == .connectionRefused)
        }
        try check(kind.make())
    }

    @Test(
        "fault 41: a listener's handler that throws costs its own connection only, and is reported",
        arguments: EngineKind.allCases
    )
    func throwingHandler(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var calls = 0
            var errors: [IOError] = []
            let listener = try Listener(on: engine, address: .loopback(port: 0)) { socket, _ in
                calls += 1
                if calls == 1 { throw Mishap() }
                socket.close()
            }
            listener.onError { errors.append($0) }
            let clients = try (0..<3).map { _ in try Socket.connecting(to: listener.address).intoSocket().release() }
            try engine.run(until: { calls == 3 })
            #expect(errors.map(\.code) == [.handlerFailed])
            listener.close()
            for client in clients { try client.close() }
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("fault 45: a port in use is a typed error, and leaves nothing", arguments: EngineKind.allCases)
    func portInUse(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let socket = try Socket.listening(on: .loopback(port: 0))
            let error = #expect(throws: IOError.self) {
                try Listener(on: engine, address: socket.localAddress()) { _, _ in }
            }
            #expect(error?.code == .addressInUse)
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }
}
