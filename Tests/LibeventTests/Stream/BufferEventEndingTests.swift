import FaultTools
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// Connections that begin and end at unlucky moments.
@Suite struct BufferEventEndingTests {
    // MARK: Connecting

    @Test(arguments: TestBase.allCases)
    func aConnectionThatIsRefusedAtOnceSaysSo(kind: TestBase) throws {
        let base = try kind.make()
        // Nobody listens; the kernel knows at once.
        let address = try SocketAddress.unix(abstract: "swift-libevent-nobody-\(kind)-\(getpid())")
        let stream = try BufferEvent(connectingTo: address, on: base)
        var reasons: [StreamEnd] = []
        stream.onConnect { _ in Issue.record("connected") }
        stream.onEnd { _, reason in reasons.append(reason) }
        // What the thread's errno was before must not matter.
        errno = EAGAIN
        #expect(try base.run(.untilIdle) == .idle)
        guard case .failed(let error) = reasons.first, reasons.count == 1 else {
            Issue.record("not one failure: \(reasons)")
            return
        }
        #expect(error.code == .connectionRefused)
        #expect(error.operation == "connect")
    }

    @Test("a connection to itself is refused", .bug(id: "connect-to-itself"), arguments: TestBase.allCases)
    func connectedToItself(kind: TestBase) throws {
        let base = try kind.make()
        let socket = try Socket.bound(to: .loopback(port: 0), .stream)
        let address = try socket.localAddress()
        let stream = try BufferEvent(connecting: socket, to: address, on: base)
        let error = try failure(of: stream, on: base)
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.hasPrefix("\(address): ") == true)
        let listener = try Socket.listening(on: address, options: [])
        #expect(try listener.localAddress() == address)
    }

    @Test("a unix listener whose queue is full is busy", .bug(id: "full-unix-queue"), arguments: TestBase.allCases)
    func fullQueue(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .unnamedUnix, backlog: 0)
        let address = try listener.localAddress()
        let filler = try Socket.connecting(to: address)
        let error = try failure(of: BufferEvent(connectingTo: address, on: base), on: base)
        #expect(error?.code == .busy)
        #expect(error?.detail == "\(address): the listener's queue is full")
        #expect(filler.outcome == .connected)
    }

    /// Why a stream did not connect.
    private func failure(of stream: BufferEvent, on base: EventBase) throws -> IOError? {
        var reasons: [StreamEnd] = []
        stream.onConnect { _ in Issue.record("connected") }
        stream.onEnd { _, reason in reasons.append(reason) }
        #expect(try base.run(.untilIdle) == .idle)
        guard case .failed(let error) = reasons.first, reasons.count == 1 else { return nil }
        return error
    }

    /// The peer has accepted and written before the base runs: the connection and its first bytes are news of one turn.
    @Test(arguments: TestBase.allCases)
    func theConnectionIsToldBeforeItsBytes(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        var order: [String] = []
        stream.onConnect { _ in order.append("connect") }
        stream.onRead { stream in
            order.append("read")
            try stream.input.drain(stream.input.count)
        }
        stream.onEnd { stream, _ in
            order.append("end")
            stream.close()
        }
        try stream.enable(.readable)
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        try peer?.send("hello")
        try peer?.shutDown(.writing)
        #expect(try base.run(.untilIdle) == .idle)
        #expect(order == ["connect", "read", "end"])
        peer = nil
    }

    @Test(arguments: TestBase.allCases)
    func readingThatIsDisabledBeforeTheConnectionStandsStaysDisabled(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        var connected = false
        stream.onConnect { _ in connected = true }
        stream.onRead { _ in Issue.record("read") }
        try stream.enable(.readable)
        try stream.disable(.readable)
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        try base.run(until: { connected })
        try base.runWithoutWaiting()
        #expect(stream.input.isEmpty)
        stream.abort()
        peer = nil
    }

    /// In a process of its own, where nobody else takes the number.
    @Test func aNewConnectionInTheEndHandlerIsNotMixedUpWithTheOld() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in TestBase.allCases { try reconnect(kind) }
            exit(0)
        }
    }

    @Test(arguments: TestBase.allCases)
    func whatIsWrittenEarlyIsSentWhollyOverUnixToo(kind: TestBase) throws {
        let base = try kind.make()
        let address = try SocketAddress.unix(abstract: "swift-libevent-early-\(kind)-\(getpid())")
        let listener = try Socket.listening(on: address)
        let stream = try BufferEvent(connectingTo: address, on: base)
        let bytes = [UInt8](repeating: 7, count: 1_000_000)
        try stream.output.append(bytes.span)
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        var received = 0
        try base.run(until: {
            received += (try? peer?.drain().bytes.count) ?? 0
            return received == bytes.count
        })
        stream.abort()
        peer = nil
    }

    // MARK: Time-outs

    /// The loop was busy elsewhere when the time ran out, and the bytes were there.
    @Test(.bug(id: "timeout-swallows-readiness"), arguments: TestBase.allCases)
    func aReadTimeOutDoesNotSwallowBytes(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var received = 0
        ends.stream.onRead { stream in
            received += stream.input.count
            try stream.input.drain(stream.input.count)
        }
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.setTimeouts(reading: .milliseconds(30))
        // Before reading begins, so that it is due first, however late the loop is.
        try base.schedule(after: .milliseconds(1)) { [unowned base] _ in
            try? ends.peer.send("just in time")
            let until = base.monotonicTime + .milliseconds(60)
            while base.monotonicTime < until {}
        }
        try ends.stream.enable(.readable)
        try base.run(until: { received > 0 || !reasons.isEmpty })
        #expect(received == 12)
        #expect(reasons == [])
        // The time-out still works.
        try base.run(until: { !reasons.isEmpty })
        #expect(reasons == [.readTimedOut])
        ends.stream.abort()
    }

    /// With turns that take longer than the time-outs, libevent sees nothing but time-outs.
    @Test(arguments: TestBase.allCases)
    func timeOutsThatEveryTurnExceedsDoNotSwallowBytesOrConnections(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        try stream.setTimeouts(reading: .microseconds(1), writing: .microseconds(1))
        var connected = false
        var received = 0
        var reasons: [StreamEnd] = []
        stream.onConnect { _ in connected = true }
        stream.onRead { stream in
            received += stream.input.count
            try stream.input.drain(stream.input.count)
        }
        stream.onEnd { _, reason in reasons.append(reason) }
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        try base.run(until: { connected || !reasons.isEmpty })
        #expect(connected)
        let bytes = [UInt8](repeating: 1, count: 20_000)
        _ = try peer?.write(bytes.span)
        try peer?.shutDown(.writing)
        stream.socket.waitForEnd()
        try stream.enable(.readable)
        try base.run(until: { !reasons.isEmpty })
        #expect(received == bytes.count)
        #expect(reasons == [.endOfStream])
        stream.abort()
        peer = nil
    }

    /// The time-out for reading says when a peer that sends nothing is suspect; a peer that is given time to end is not.
    @Test(arguments: TestBase.allCases)
    func aCloseIsNotCutShortByTheTimeOutForReading(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        try ends.stream.setTimeouts(reading: .milliseconds(10))
        try ends.stream.enable(.readable)
        ends.stream.close(within: .seconds(120))
        var isOver = false
        try base.schedule(after: .milliseconds(50)) { _ in isOver = true }
        try base.run(until: { isOver })
        // On a connection that is closed at the other end, the second write would find the reset of the first.
        try ends.peer.send("late")
        try base.runWithoutWaiting()
        try ends.peer.send("later")
        try ends.peer.shutDown(.writing)
        #expect(try base.run(.untilIdle) == .idle)
        ends.peer.waitForInput()
        #expect(try ends.peer.drain().atEnd)
    }

    // MARK: Ends

    @Test(arguments: TestBase.allCases)
    func theEndComesOnce(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try ends.stream.enable(.readable)
        try ends.peer.shutDown(.writing)
        try base.run(until: { !reasons.isEmpty })
        try ends.stream.enable(.readable)
        try base.runWithoutWaiting()
        #expect(reasons == [.endOfStream])
        ends.stream.abort()
    }

    /// libevent reports a file that ended before its segment as the end of the stream.
    @Test(.bug(id: "file-shrinks-while-it-is-sent"), arguments: TestBase.allCases)
    func aFileThatWasCutIsAFailureAndNoEndOfTheStream(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        let file = try temporaryFile([UInt8](repeating: 1, count: 1_000))
        let number = file.fileDescriptor.rawValue
        try ends.stream.output.append(try FileSegment(file))
        try #require(ftruncate(number, 0) == 0)
        var reasons: [StreamEnd] = []
        ends.stream.onEnd { _, reason in reasons.append(reason) }
        try base.run(until: { !reasons.isEmpty })
        guard case .failed(let error) = reasons.first, reasons.count == 1 else {
            Issue.record("not one failure: \(reasons)")
            return
        }
        #expect(error.operation == "sendfile")
        #expect(!ends.stream.isOpen)
    }

    /// The first observer lets the stream go, with the mark's own observer behind it in the same report.
    @Test(arguments: TestBase.allCases)
    func afterAnObserverHasEndedTheStreamNoneIsCalled(kind: TestBase) throws {
        let base = try kind.make()
        var ends: StreamEnds? = try StreamEnds(base)
        var calls = 0
        weak let observed = ends?.stream
        try ends?.stream.input.onSizeChange { _, _ in
            calls += 1
            ends?.stream.abort()
            ends = nil
        }
        try ends?.stream.setReadWatermarks(high: 2)
        try ends?.stream.input.onSizeChange { _, _ in Issue.record("called after the end") }
        try ends?.stream.enable(.readable)
        try ends?.peer.send("more than the mark")
        #expect(try base.run(.untilIdle) == .idle)
        #expect(calls == 1)
        #expect(observed == nil)
    }

    /// A peer that never stops sending must not keep a closing stream for longer than its limit.
    @Test(arguments: TestBase.allCases)
    func aPeerThatGoesOnSendingDoesNotHoldAClose(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base)
        let sender = try base.schedule(after: .zero, every: .milliseconds(1)) { _ in try? ends.peer.send("more") }
        ends.stream.close(within: .milliseconds(30))
        try base.run(until: { (try? ends.stream.output.append("x")) == nil })
        sender.cancel()
        #expect(try base.run(.untilIdle) == .idle)
    }

    /// A close with unread input is a reset, and a reset takes from the peer what it has not read yet.
    @Test(.bug(id: "close-with-unread-input"), arguments: TestBase.allCases)
    func aPeerThatGoesOnSendingGetsTheWholeAnswer(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        let answer = variedBytes(6_000_000)
        ends.stream.onRead { stream in
            try stream.output.append(answer.span)
            stream.close(within: .seconds(600))
        }
        try ends.stream.enable(.readable)
        try ends.peer.send("request")
        try base.run(until: { !ends.stream.isOpen })
        // More than the kernel keeps for a stream that does not read.
        let more = [UInt8](repeating: 0, count: 65_536)
        var (sent, received, atEnd) = (0, [UInt8](), false)
        try base.run(until: {
            if case .bytes(let count)? = try? ends.peer.write(more.span) { sent += count }
            guard let (bytes, isOver) = try? ends.peer.drain() else { return true }
            received += bytes
            atEnd = isOver
            return isOver && sent > 1_048_576
        })
        #expect(atEnd && received == answer)
        try ends.peer.shutDown(.writing)
        #expect(try base.run(.untilIdle) == .idle)
    }

    /// Its end and the room that it does not make must not be reported again and again.
    @Test(.bug(id: "half-closed-peer-spin"), arguments: TestBase.allCases)
    func aPeerThatHasFinishedAndDoesNotReadCostsNoTurns(kind: TestBase) throws {
        let base = try kind.make()
        let ends = try StreamEnds(base, over: .tcp)
        let answer = variedBytes(6_000_000)
        var (request, reasons) = ("", [StreamEnd]())
        ends.stream.onRead { stream in
            let bytes = try stream.input.removeBytes(stream.input.count)
            request += String(decoding: bytes, as: UTF8.self)
        }
        ends.stream.onEnd { stream, reason in
            reasons.append(reason)
            try? stream.output.append(answer.span)
        }
        try ends.stream.enable(.readable)
        try ends.peer.send("request")
        try ends.peer.shutDown(.writing)
        try base.run(until: { !reasons.isEmpty })
        // A turn ends when anything happens. At last nothing does until the timer fires.
        var turns = 0
        for _ in 0..<100 where turns != 1 {
            var isOver = false
            try base.schedule(after: .milliseconds(20)) { _ in isOver = true }
            turns = 0
            while !isOver {
                try base.run(.once)
                turns += 1
            }
        }
        #expect(turns == 1)
        #expect(request == "request" && reasons == [.endOfStream] && !ends.stream.output.isEmpty)
        ends.stream.close(within: .seconds(600))
        var (received, atEnd) = ([UInt8](), false)
        try base.run(until: {
            guard let (bytes, isOver) = try? ends.peer.drain() else { return true }
            received += bytes
            atEnd = isOver
            return isOver
        })
        #expect(atEnd && received == answer)
        #expect(try base.run(.untilIdle) == .idle)
    }

    @Test(arguments: TestBase.allCases)
    func aCloseInTheConnectHandlerSendsWhatIsThere(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        stream.onConnect { stream in
            try stream.output.append("bye")
            stream.close()
        }
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        var received: [UInt8] = []
        try base.run(until: {
            guard let (bytes, atEnd) = try? peer?.drain() else { return false }
            received += bytes
            return atEnd
        })
        #expect(received == Array("bye".utf8))
        peer = nil
        #expect(try base.run(.untilIdle) == .idle)
    }

    /// The output is waiting when the handler gives the connection up; libevent must not go on writing it.
    @Test(arguments: TestBase.allCases)
    func anAbortInTheConnectHandlerSendsNothing(kind: TestBase) throws {
        let base = try kind.make()
        let listener = try Socket.listening(on: .loopback(port: 0))
        let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
        try stream.output.append("not to be sent")
        var taken: [SocketBox] = []
        stream.onConnect { stream in
            stream.abort()
            // Its number is somebody else's now.
            taken = (0..<4).compactMap { _ in try? SocketBox() }
        }
        var peer: Socket?
        while peer == nil { peer = try listener.accept()?.intoSocket() }
        #expect(try base.run(.untilIdle) == .idle)
        try #require(taken.count == 4)
        for box in taken {
            #expect(try box.second.drain().bytes == [])
            #expect(try box.takeFirst().drain().bytes == [])
        }
        peer = nil
    }
}

/// A connect that timed out is given up, and the next one gets its descriptor's number.
private func reconnect(_ kind: TestBase) throws {
    let base = try kind.make()
    let full = try Socket.listening(on: .loopback(port: 0), backlog: 0)
    let address = try full.localAddress()
    let first = try Socket.connecting(to: address)
    full.waitForInput()
    let second = try Socket.connecting(to: address)
    let listener = try Socket.listening(on: .loopback(port: 0))
    let good = try listener.localAddress()

    let stream = try BufferEvent(connectingTo: address, on: base)
    let number = stream.socket.fileDescriptor
    try stream.setTimeouts(writing: .milliseconds(30))
    var fillers: [Holder] = []
    func takeNumbers(below number: FileDescriptor) {
        while let filler = try? Socket(.unix), filler.fileDescriptor.rawValue < number.rawValue {
            fillers.append(Holder(filler))
        }
    }
    var next: BufferEvent?
    var nextNumber: FileDescriptor?
    var connected = false
    stream.onEnd { stream, _ in
        stream.abort()
        takeNumbers(below: number)
        next = try? BufferEvent(connectingTo: good, on: base)
        nextNumber = next?.socket.fileDescriptor
        next?.onConnect { _ in connected = true }
    }
    try base.run(until: { connected })
    try #require(connected)
    try #require(nextNumber == number)
    try #require(first.outcome == .inProgress && second.outcome == .inProgress)
    next?.abort()
}
