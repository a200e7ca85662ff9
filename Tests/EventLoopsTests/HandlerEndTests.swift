import EventLoops
import Sockets
import Testing

/// A handler that waits for something other than its connection does not outlive the connection, nor the server.
@Suite(.serialized, .onTestThread)
struct HandlerEndTests {
    /// Waits for much longer than any test, until the task is cancelled.
    private static func waitForEver(_ connection: TCPConnection, _ outcomes: Collected<String>) async throws {
        do {
            try await connection.loop.sleep(for: .seconds(100_000))
            outcomes.add("slept")
        } catch {
            outcomes.add(error.code.description)
            throw error
        }
    }

    @Test(
        "a handler that waits for something else is cancelled when the peer resets",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases.filter(\.noticesResets),
        [false, true]
    )
    func reset(_ kind: EngineKind, _ leavesInput: Bool) async throws {
        let (outcomes, reports) = (Collected<String>(), Collected<IOError.Code?>())
        var options = ServerOptions()
        options.onError = { reports.add(($0 as? IOError)?.code) }
        try await withServer(kind, options: options) { connection in
            _ = try await connection.read(exactly: 1)
            try await connection.write("go on")
            try await Self.waitForEver(connection, outcomes)
        } body: { server in
            do {
                let peer = try await Peer.connect(to: server.address)
                try peer.resetAtEnd()
                try await peer.send("x")
                #expect(try await peer.receiveText(5) == "go on")
                if leavesInput { try await peer.send("and more, which the handler does not read") }
            }
            #expect(try await outcomes.wait() == ["cancelled"])
            #expect(try await reports.wait() == [.connectionReset])
        }
    }

    @Test(
        "what the peer sent before its reset can be read after it",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases.filter(\.noticesResets)
    )
    func unreadInput(_ kind: EngineKind) async throws {
        let texts = Collected<String>()
        try await withServer(kind) { connection in
            try await connection.write("go on")
            _ = try? await connection.loop.sleep(for: .seconds(100_000))
            texts.add(try await connection.readLine() ?? "end")
            texts.add(try await connection.readLine() ?? "end")
            do throws(IOError) {
                _ = try await connection.readLine()
            } catch {
                texts.add(error.code.description)
            }
        } body: { server in
            do {
                let peer = try await Peer.connect(to: server.address)
                try peer.resetAtEnd()
                #expect(try await peer.receiveText(5) == "go on")
                try await peer.send("one\ntwo\nthr")
            }
            #expect(try await texts.wait(for: 3) == ["one", "two", IOError.Code.connectionReset.description])
        }
    }

    @Test(
        "a handler that waits for something else is cancelled when its connection is idle for too long",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases
    )
    func idle(_ kind: EngineKind) async throws {
        let (outcomes, reports) = (Collected<String>(), Collected<IOError.Code?>())
        var options = ServerOptions()
        options.stream.idle = .milliseconds(50)
        options.onError = { reports.add(($0 as? IOError)?.code) }
        try await withServer(kind, options: options) { connection in
            try await Self.waitForEver(connection, outcomes)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            #expect(try await outcomes.wait() == ["cancelled"])
            #expect(try await reports.wait() == [.timedOut])
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
    }

    @Test(
        "a peer that has finished writing does not end the handler",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases
    )
    func halfClose(_ kind: EngineKind) async throws {
        let outcomes = Collected<Bool>()
        try await withServer(kind) { connection in
            while try await connection.read() != nil {}
            try await connection.loop.sleep(for: .milliseconds(20))
            outcomes.add(Task.isCancelled)
            try await connection.write("answer")
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            try await peer.send("question")
            try peer.finishWriting()
            #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "answer")
            #expect(outcomes.all == [false])
        }
    }

    @Test(
        "a handler that has closed its connection goes on",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases,
        [false, true]
    )
    func ownClose(_ kind: EngineKind, _ aborts: Bool) async throws {
        let outcomes = Collected<Bool>()
        try await withServer(kind) { connection in
            if aborts { connection.abort() } else { try await connection.close() }
            try? await connection.loop.sleep(for: .milliseconds(20))
            outcomes.add(Task.isCancelled)
        } body: { server in
            let peer = try await Peer.connect(to: server.address)
            _ = try? await peer.receiveUntilEnd()
            #expect(try await outcomes.wait() == [false])
        }
    }

    enum Waiting: CaseIterable {
        case open, closed, lingering
    }

    @Test(
        "a shutdown cancels the handlers at its limit, also of connections that are closed",
        .bug(id: "shutdown-waits-for-handler"),
        arguments: EngineKind.allCases,
        Waiting.allCases
    )
    func shutDown(_ kind: EngineKind, _ waiting: Waiting) async throws {
        let (outcomes, begun) = (Collected<String>(), Collected<Void>())
        let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
        async let running: Void = server.run { connection in
            switch waiting {
            case .open: break
            case .closed: connection.abort()
            case .lingering: try await connection.close()
            }
            begun.add(())
            try await Self.waitForEver(connection, outcomes)
        }
        let peer = try await Peer.connect(to: server.address)
        try await begun.wait()
        server.shutDown(within: .milliseconds(10))
        try await running
        #expect(outcomes.all == ["cancelled"])
        withExtendedLifetime(peer) {}
    }

    @Test(
        "a second shutdown shortens the first and does not extend it",
        .bug(id: "shutdown-extended"),
        arguments: EngineKind.allCases
    )
    func secondShutDown(_ kind: EngineKind) async throws {
        for limits in [[.milliseconds(10), .seconds(100_000)], [.seconds(100_000), .milliseconds(10)]] as [[Duration]] {
            let (outcomes, begun) = (Collected<String>(), Collected<Void>())
            let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine)
            async let running: Void = server.run { connection in
                begun.add(())
                try await Self.waitForEver(connection, outcomes)
            }
            let peer = try await Peer.connect(to: server.address)
            try await begun.wait()
            for limit in limits { server.shutDown(within: limit) }
            try await running
            #expect(outcomes.all == ["cancelled"])
            withExtendedLifetime(peer) {}
        }
    }

    @Test(
        "run throws when its loop is shut down, and the handlers are cancelled",
        .bug(id: "run-returns-without-loop"),
        arguments: EngineKind.allCases
    )
    func loopEnds(_ kind: EngineKind) async throws {
        let (outcomes, begun) = (Collected<String>(), Collected<Void>())
        let loop = try EventLoop(engine: kind.engine)
        let server = try TCPServer(on: .loopback(port: 0), loops: [loop])
        let running = start {
            try await server.run { connection in
                begun.add(())
                try await connection.loop.sleep(for: .seconds(100_000))
                outcomes.add("slept")
            }
        }
        let peer = try await Peer.connect(to: server.address)
        try await begun.wait()
        await loop.shutDown()
        let result = await running.result
        #expect(throws: IOError.self) { try result.get() }
        if case .failure(let error) = result { #expect((error as? IOError)?.code == .closed) }
        #expect(outcomes.all.isEmpty)
        withExtendedLifetime(peer) {}
    }

    @Test(
        "a client's body is cancelled when the server resets, and connect throws the reset",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases.filter(\.noticesResets)
    )
    func client(_ kind: EngineKind) async throws {
        let outcomes = Collected<String>()
        let loop = try EventLoop(engine: kind.engine)
        try await withChunkServer(.native) { connection, _ in
            try connection.set(.linger, to: .seconds(0))
            connection.abort()
        } body: { server in
            await #expect {
                try await TCPConnection.connect(to: server.address, on: loop) { connection in
                    try await connection.write("x")
                    try await Self.waitForEver(connection, outcomes)
                }
            } throws: {
                ($0 as? IOError)?.code == .connectionReset
            }
            #expect(outcomes.all == ["cancelled"])
        }
        await loop.shutDown()
    }

    private enum Request {
        @TaskLocal static var number = 0
    }

    @Test(
        "a handler has the task-local values of the task that runs the server",
        arguments: [EngineKind.native, .libevent]
    )
    func taskLocals(_ kind: EngineKind) async throws {
        try await Request.$number.withValue(7) {
            try await withServer(kind) { connection in
                try await connection.write("\(Request.number)")
            } body: { server in
                let peer = try await Peer.connect(to: server.address)
                #expect(String(decoding: try await peer.receiveUntilEnd(), as: UTF8.self) == "7")
            }
        }
    }
}
