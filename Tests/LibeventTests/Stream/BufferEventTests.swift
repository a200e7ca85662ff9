import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite struct BufferEventTests {
    // MARK: Reading and writing

    @Test(arguments: TestBase.allCases, StreamEnds.Kind.allCases)
    func whatArrivesIsDelivered(kind: TestBase, over: StreamEnds.Kind) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: over)
        var received: [UInt8] = []
        ends.stream.onRead { stream in received += try stream.input.removeBytes(stream.input.count) }
        try ends.stream.enable(.readable)
        try ends.peer.send("hello")
        try base.run(until: { received.count == 5 })
        #expect(received == Array("hello".utf8))
        ends.stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func nothingIsReadUntilReadingIsEnabled(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var calls = 0
        ends.stream.onRead { _ in calls += 1 }
        try ends.peer.send("x")
        try base.runWithoutWaiting()
        #expect(calls == 0)
        try ends.stream.enable(.readable)
        try base.run(until: { calls == 1 })
        try ends.stream.disable(.readable)
        try ends.peer.send("x")
        try base.runWithoutWaiting()
        #expect(calls == 1)
        ends.stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func moreThanTheSocketTakesIsSentInOrder(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        try ends.stream.output.append(sent.span)
        var received: [UInt8] = []
        var drained = 0
        ends.stream.onDrain { _ in drained += 1 }
        try base.run(until: {
            if let more = try? ends.peer.drain().bytes { received += more }
            return received.count == sent.count && drained > 0
        })
        #expect(received == sent)
        #expect(drained == 1)
        ends.stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func anEchoMovesWithoutCopying(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        ends.stream.onRead { stream in try stream.output.move(from: stream.input) }
        try ends.stream.enable(.readable)
        let sent = [UInt8](repeating: 42, count: 100_000)
        var received: [UInt8] = []
        var offset = 0
        try base.run(until: {
            let rest = sent[offset...]
            if case .bytes(let count) = try? ends.peer.write(rest.span) { offset += count }
            if let more = try? ends.peer.drain().bytes { received += more }
            return received.count == sent.count
        })
        #expect(received == sent)
        ends.stream.abort()
    }

    // MARK: Watermarks

    @Test(arguments: TestBase.allCases)
    func theReadHandlerWaitsForTheLowMark(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var sizes: [Int] = []
        ends.stream.onRead { stream in sizes.append(stream.input.count) }
        try ends.stream.setReadWatermarks(low: 4)
        try ends.stream.enable(.readable)
        try ends.peer.send("abc")
        try base.runWithoutWaiting()
        #expect(sizes.isEmpty)
        try ends.peer.send("d")
        try base.run(until: { !sizes.isEmpty })
        #expect(sizes == [4])
        ends.stream.abort()
    }

    /// libevent spins here: it calls back for ever while the input stays at the high mark.
    @Test(arguments: TestBase.allCases)
    func atTheHighMarkReadingRestsAndTheLoopDoesToo(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var calls = 0
        ends.stream.onRead { _ in calls += 1 }
        try ends.stream.setReadWatermarks(low: 0, high: 10_000)
        try ends.stream.enable(.readable)
        _ = try ends.peer.write([UInt8](repeating: 1, count: 60_000).span)
        try base.runWithoutWaiting(turns: 100)
        let callsAtRest = calls
        #expect((10_000..<10_000 + 4_096).contains(ends.stream.input.count))
        try base.runWithoutWaiting(turns: 100)
        #expect(calls == callsAtRest)
        // What is taken makes room, and reading goes on by itself.
        var received = 0
        ends.stream.onRead { stream in
            received += stream.input.count
            try stream.input.drain(stream.input.count)
        }
        received += ends.stream.input.count
        try ends.stream.input.drain(ends.stream.input.count)
        try base.run(until: { received == 60_000 })
        ends.stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func theDrainHandlerWaitsForItsMark(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var left: [Int] = []
        ends.stream.onDrain { stream in left.append(stream.output.count) }
        try ends.stream.setDrainWatermark(1_000_000)
        try ends.stream.output.append([UInt8](repeating: 1, count: 2_000_000).span)
        try base.run(until: {
            _ = try? ends.peer.drain()
            return !left.isEmpty
        })
        #expect(left.first.map { $0 > 0 && $0 <= 1_000_000 } == true)
        ends.stream.abort()
    }

    @Test(arguments: [(-1, nil), (5, 5), (5, 4), (0, 0), (0, -1)] as [(Int, Int?)])
    func impossibleMarksAreRefused(low: Int, high: Int?) throws {
        let base = try EventBase()
        let ends = try StreamEnds(base)
        let error = #expect(throws: IOError.self) { try ends.stream.setReadWatermarks(low: low, high: high) }
        #expect(error?.code == .outOfRange)
        let drainError = #expect(throws: IOError.self) { try ends.stream.setDrainWatermark(-1) }
        #expect(drainError?.code == .outOfRange)
        ends.stream.abort()
    }

    // MARK: Time-outs

    @Test(arguments: TestBase.allCases)
    func aReadTimeOutIsToldAndTheStreamLives(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.setTimeouts(reading: .milliseconds(2))
        try ends.stream.enable(.readable)
        try base.run(until: { !reasons.isEmpty })
        #expect(reasons == [.readTimedOut])
        #expect(ends.stream.isOpen)
        var received = 0
        ends.stream.onRead { stream in received = stream.input.count }
        try ends.stream.setTimeouts()
        try ends.stream.enable(.readable)
        try ends.peer.send("x")
        try base.run(until: { received == 1 })
        ends.stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func aWriteTimeOutIsTold(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.setTimeouts(writing: .milliseconds(5))
        try ends.stream.output.append([UInt8](repeating: 1, count: 4_000_000).span)
        try base.run(until: { !reasons.isEmpty })
        #expect(reasons == [.writeTimedOut])
        ends.stream.abort()
    }

    @Test(.bug(id: "very-long-times"), arguments: [Duration.zero, .seconds(-1)])
    func impossibleTimeOutsAreRefused(timeout: Duration) throws {
        let base = try EventBase()
        let ends = try StreamEnds(base)
        let error = #expect(throws: IOError.self) { try ends.stream.setTimeouts(reading: timeout) }
        #expect(error?.code == .outOfRange)
        ends.stream.abort()
    }

    // MARK: The end

    /// Data and the end come in one batch, with a low mark that hides the data.
    @Test(arguments: TestBase.allCases, StreamEnds.Kind.allCases)
    func theEndComesAfterTheLastBytes(kind: TestBase, over: StreamEnds.Kind) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: over)
        var log: [String] = []
        ends.stream.onRead { stream in
            log.append("\(stream.input.count)")
            try stream.input.drain(stream.input.count)
        }
        ends.stream.onEnd { stream, reason in
            log.append("\(reason)")
            stream.close()
        }
        try ends.stream.setReadWatermarks(low: 1_000)
        try ends.stream.enable(.readable)
        try ends.peer.send("tail")
        try ends.peer.shutDown(.writing)
        try base.run(until: { log.count >= 2 })
        #expect(log == ["4", "endOfStream"])
    }

    @Test(arguments: TestBase.allCases, StreamEnds.Kind.allCases)
    func afterTheEndOfThePeerItStillGetsEverything(kind: TestBase, over: StreamEnds.Kind) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: over)
        let answer = [UInt8](repeating: 7, count: 3_000_000)
        ends.stream.onEnd { stream, reason in
            #expect(reason == .endOfStream)
            #expect(throws: Never.self) { try stream.output.append(answer.span) }
            stream.close()
        }
        try ends.stream.enable(.readable)
        try ends.peer.send("question")
        try ends.peer.shutDown(.writing)
        var received: [UInt8] = []
        var atEnd = false
        try base.run(until: {
            if let more = try? ends.peer.drain() {
                received += more.bytes
                atEnd = more.atEnd
            }
            return atEnd
        })
        #expect(received == answer)
    }

    /// The peer still sends while this side closes: without lingering, the kernel would reset the connection and the peer
    /// could lose what it has not read.
    @Test(arguments: TestBase.allCases)
    func closingWithUnreadInputDoesNotResetThePeer(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        try ends.peer.send("nobody reads this")
        try ends.stream.output.append("goodbye")
        ends.stream.close()
        var received: [UInt8] = []
        try base.run(until: {
            guard let more = try? ends.peer.drain() else { return false }
            received += more.bytes
            if more.atEnd { try? ends.closePeer() }
            return more.atEnd
        })
        #expect(received == Array("goodbye".utf8))
        #expect(try base.run(.untilIdle) == .idle)
    }

    @Test(arguments: TestBase.allCases)
    func aCloseEndsAtItsDeadline(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        // The peer never reads, so this cannot be sent.
        try ends.stream.output.append([UInt8](repeating: 1, count: 4_000_000).span)
        ends.stream.close(within: .milliseconds(20))
        #expect(!ends.stream.isOpen)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(throws: IOError.self) { unsafe try ends.stream.withUnsafeHandle { _ in } }
    }

    @Test(arguments: TestBase.allCases)
    func aCloseCallsNobodyBack(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var calls = 0
        ends.stream.onRead { _ in calls += 1 }
        ends.stream.onDrain { _ in calls += 1 }
        ends.stream.onEnd { _, _ in calls += 1 }
        try ends.stream.enable(.readable)
        try ends.stream.output.append("x")
        ends.stream.close()
        try ends.peer.send("x")
        try ends.closePeer()
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 0)
    }

    @Test(arguments: TestBase.allCases)
    func afterACloseEveryCallSaysSo(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        let stream = ends.stream
        stream.abort()
        stream.abort()
        stream.close()
        let calls: [() throws -> Void] = [
            { try stream.enable(.readable) }, { try stream.disable(.readable) }, { try stream.finishWriting() },
            { try stream.setReadWatermarks(low: 1) }, { try stream.setTimeouts() }, { try stream.setPriority(0) },
            { try stream.output.append("x") }, { try stream.input.drain(0) },
            { unsafe try stream.withUnsafeHandle { _ in } },
        ]
        for call in calls {
            let error = #expect(throws: IOError.self) { try call() }
            #expect(error?.code == .closed)
        }
        #expect(stream.input.count == 0)
        ends.peer.waitForInput()
        #expect(try ends.peer.drain().atEnd)
    }

    @Test(arguments: TestBase.allCases)
    func halfAnEndLeavesTheOtherHalf(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        try ends.stream.output.append("last words")
        try ends.stream.finishWriting()
        var received = ""
        ends.stream.onRead { stream in
            received += String(decoding: try stream.input.removeBytes(stream.input.count), as: UTF8.self)
        }
        try ends.stream.enable(.readable)
        var peerGot: [UInt8] = []
        try base.run(until: {
            guard let more = try? ends.peer.drain() else { return false }
            peerGot += more.bytes
            return more.atEnd
        })
        #expect(peerGot == Array("last words".utf8))
        try ends.peer.send("answer")
        try base.run(until: { received == "answer" })
        ends.stream.abort()
    }

    /// A reset: one error, and nothing after it.
    @Test(arguments: TestBase.allCases)
    func aResetIsOneFailure(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.enable(.readable)
        try ends.peer.set(.linger, to: .seconds(0))
        try ends.closePeer()
        #expect(try base.run(.untilIdle) == .idle)
        #expect(reasons.count == 1)
        guard case .failed(let error) = reasons.first else {
            Issue.record("not a failure: \(reasons)")
            return
        }
        #expect(error.code == .connectionReset)
        #expect(error.errno == .connectionReset)
        #expect(!ends.stream.isOpen)
    }

    @Test(arguments: TestBase.allCases)
    func writingToAPeerThatHasGoneFailsAndKillsNobody(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var reason: StreamEnd?
        ends.stream.onEnd { _, why in reason = why }
        // A child that another test has just started has it too; this reaches every copy.
        try ends.peer.shutDown(.both)
        try ends.closePeer()
        try ends.stream.output.append("x")
        try base.run(until: { reason != nil })
        guard case .failed(let error) = reason else {
            Issue.record("not a failure: \(String(describing: reason))")
            return
        }
        #expect(error.code == .brokenPipe)
    }

    @Test(arguments: TestBase.allCases)
    func withoutAnEndHandlerTheStreamClosesItself(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        try ends.stream.enable(.readable)
        try ends.stream.output.append("unsent")
        try ends.peer.shutDown(.writing)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(!ends.stream.isOpen)
        #expect(try ends.peer.drain().bytes == Array("unsent".utf8))
    }

    @Test(arguments: TestBase.allCases)
    func anErrorThrownByAHandlerEndsItsStreamOnly(kind: TestBase) throws {
        let base = try kind.make()
        let bad = try StreamEnds(base)
        let good = try StreamEnds(base)
        let thrown = IOError("test", .cancelled)
        var reason: StreamEnd?
        bad.stream.onRead { _ in throw thrown }
        bad.stream.onEnd { _, why in reason = why }
        var received = 0
        good.stream.onRead { stream in received = stream.input.count }
        for ends in [bad, good] {
            try ends.stream.enable(.readable)
            try ends.peer.send("x")
        }
        try base.run(until: { received == 1 && reason != nil })
        #expect(reason == .failed(thrown))
        #expect(!bad.stream.isOpen)
        #expect(good.stream.isOpen)
        good.stream.abort()
    }

    @Test func anErrorOfTheProgramsOwnIsDescribed() throws {
        struct Refusal: Error, CustomStringConvertible {
            let description = "no thanks"
        }
        let base = try EventBase()
        let ends = try StreamEnds(base)
        var reason: StreamEnd?
        ends.stream.onRead { _ in throw Refusal() }
        ends.stream.onEnd { _, why in reason = why }
        try ends.stream.enable(.readable)
        try ends.peer.send("x")
        try base.run(until: { reason != nil })
        #expect(reason == .failed(IOError("handler", .handlerFailed, detail: "no thanks")))
    }

    // MARK: Life

    @Test(arguments: TestBase.allCases)
    func aStreamCanCloseItselfOrAnotherInItsHandler(kind: TestBase) throws {
        let base = try kind.make()
        let all = [try StreamEnds(base), try StreamEnds(base)]
        var calls = 0
        for ends in all {
            ends.stream.onRead { _ in
                calls += 1
                for other in all { other.stream.abort() }
            }
            try ends.stream.enable(.readable)
            try ends.peer.send("x")
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
    }

    @Test(arguments: TestBase.allCases)
    func theBaseKeepsAStreamThatNobodyHolds(kind: TestBase) throws {
        let base = try kind.make()
        var pair = try Socket.pair()
        weak var observed: BufferEvent?
        do {
            let stream = try BufferEvent(adopting: take(&pair), on: base)
            observed = stream
            stream.onRead { stream in try stream.output.move(from: stream.input) }
            try stream.enable(.readable)
        }
        #expect(observed != nil)
        try pair.second.send("x")
        var echoed = false
        try base.run(until: {
            echoed = (try? pair.second.drain().bytes.count) == 1
            return echoed
        })
        try pair.second.shutDown(.writing)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(observed == nil)
    }

    /// A handler that captures its own stream would keep it for ever, were the handlers not let go of at the end.
    @Test(arguments: TestBase.allCases)
    func aHandlerMayHoldItsOwnStream(kind: TestBase) throws {
        let base = try kind.make()
        weak var observed: BufferEvent?
        do {
            let ends = try StreamEnds(base)
            let stream = ends.stream
            observed = stream
            stream.onRead { _ in _ = stream.isOpen }
            stream.onEnd { _, _ in stream.close() }
            try stream.enable(.readable)
            try ends.closePeer()
        }
        #expect(try base.run(.untilIdle) == .idle)
        #expect(observed == nil)
    }

    @Test(arguments: TestBase.allCases)
    func theEndOfTheBaseClosesItsStreams(kind: TestBase) throws {
        var base: EventBase? = try kind.make()
        let ends = try StreamEnds(try #require(base))
        base = nil
        #expect(!ends.stream.isOpen)
        ends.peer.waitForInput()
        #expect(try ends.peer.drain().atEnd)
    }

    // MARK: Connecting

    @Test(arguments: TestBase.allCases)
    func aConnectionIsMadeAndUsed(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        var connected = false
        stream.onConnect { _ in connected = true }
        try stream.output.append("early")
        #expect(!connected)
        try base.run(until: { connected && stream.output.isEmpty })
        listener.waitForInput()
        let peer = try listener.accept()?.intoSocket()
        peer?.waitForInput()
        let received = try peer?.drain().bytes
        #expect(received == Array("early".utf8))
        stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func aUnixConnectionIsMadeToo(kind: TestBase) throws {
        let base = try kind.make()
        let address = try SocketAddress.unix(
            abstract: "swift-libevent-\(kind)-\(ContinuousClock.now)".prefix(60).description
        )
        let listener = try Socket.listening(on: address)
        let stream = try BufferEvent(connectingTo: address, on: base)
        var connected = false
        stream.onConnect { _ in connected = true }
        #expect(!connected)
        try base.run(until: { connected })
        let peer = try listener.accept()?.peer
        #expect(peer?.family == .unix)
        stream.abort()
    }

    @Test(arguments: TestBase.allCases)
    func aRefusedConnectionIsToldAfterwards(kind: TestBase) throws {
        let base = try kind.make()
        // Bound but not listening, so that nobody else can take the port.
        let bound = try Socket.bound(to: .loopback(port: 0), .stream)
        let closed = try bound.localAddress()
        let nowhere = try SocketAddress.unix(path: "/nonexistent/socket")
        for (address, code) in [(closed, IOError.Code.connectionRefused), (nowhere, .notFound)] {
            let stream = try BufferEvent(connectingTo: address, on: base)
            var reasons: [StreamEnd] = []
            stream.onConnect { _ in Issue.record("connected") }
            stream.onEnd { _, reason in reasons.append(reason) }
            #expect(reasons.isEmpty)
            #expect(try base.run(.untilIdle) == .idle)
            guard case .failed(let error) = reasons.first, reasons.count == 1 else {
                Issue.record("not one failure: \(reasons)")
                continue
            }
            #expect(error.code == code)
            #expect(error.operation == "connect")
        }
    }

    /// The backlog of the listener is full, so that the connection stays in the making.
    @Test(arguments: TestBase.allCases)
    func aConnectionThatTakesTooLongTimesOut(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        let address = try listener.localAddress()
        let first = try Socket.connecting(to: address)
        listener.waitForInput()
        let second = try Socket.connecting(to: address)
        let stream = try BufferEvent(connectingTo: address, on: base)
        var reasons: [StreamEnd] = []
        stream.onConnect { _ in Issue.record("connected") }
        stream.onEnd { _, reason in reasons.append(reason) }
        try stream.setTimeouts(writing: .milliseconds(30))
        #expect(try base.run(.untilIdle) == .idle)
        #expect(first.outcome == .inProgress && second.outcome == .inProgress)
        guard case .failed(let error) = reasons.first, reasons.count == 1 else {
            Issue.record("not one failure: \(reasons)")
            return
        }
        #expect(error.code == .timedOut)
    }

    @Test(arguments: TestBase.allCases)
    func prioritiesAreCheckedAndKept(kind: TestBase) throws {
        let base = try kind.make(priorities: 4)
        let ends = try StreamEnds(base)
        try ends.stream.setPriority(3)
        #expect(ends.stream.priority == 3)
        let error = #expect(throws: IOError.self) { try ends.stream.setPriority(4) }
        #expect(error?.code == .outOfRange)
        ends.stream.abort()
    }
}
