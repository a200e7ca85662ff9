import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import Synchronization
import SystemPackage
import Testing

/// What every engine promises of its runs.
@Suite struct RunContractTests {
    @Test("An empty engine is idle", arguments: EngineKind.allCases)
    func empty(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(try engine.run(.once) == .idle)
            #expect(try engine.run(.withoutWaiting) == .idle)
        }
        try check(kind.make())
    }

    @Test(
        "A run until idle ends with the last timer, and our own descriptors keep none going",
        arguments: EngineKind.allCases
    )
    func untilIdle(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            _ = try engine.poster()
            try engine.onSignal(.windowChange) { _ in }.cancel()
            var fired = 0
            try engine.schedule(after: .milliseconds(1)) { _ in fired += 1 }
            try engine.schedule(after: .milliseconds(2)) { _ in fired += 1 }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(fired == 2)
        }
        try check(kind.make())
    }

    @Test("Paused and spent watches keep no run going, armed ones do", arguments: EngineKind.allCases)
    func idleWatches(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pairs = [try Pair(), try Pair()]
            let paused = try engine.watch(pairs[0].takeFirst(), for: .readable) { _, _ in }
            try paused.setInterest([])
            var calls = 0
            let spent = try engine.watch(pairs[1].takeFirst(), for: .readable, trigger: .levelOneShot) { _, _ in
                calls += 1
            }
            try pairs[1].send("x")
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 1)
            try spent.setInterest(.readable)
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 2)
            try paused.setInterest(.readable)
            #expect(try engine.run(.withoutWaiting) == .turned)
        }
        try check(kind.make())
    }

    @Test("A stop before the run is honoured, once", arguments: EngineKind.allCases)
    func stopBefore(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var fired = false
            try engine.schedule(after: .zero) { _ in fired = true }
            engine.stop()
            #expect(try engine.run(.untilStopped) == .stopped)
            #expect(!fired)
            #expect(try engine.run(.once) == .turned)
            #expect(fired)
        }
        try check(kind.make())
    }

    @Test("A stop lets the callbacks that are due run", arguments: EngineKind.allCases)
    func stopDuring(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var order: [Int] = []
            for number in 1...3 {
                try engine.schedule(after: .zero) { [unowned engine] _ in
                    order.append(number)
                    if number == 1 { engine.stop() }
                }
            }
            #expect(try engine.run(.untilStopped) == .stopped)
            #expect(order == [1, 2, 3])
        }
        try check(kind.make())
    }

    @Test("A stop after the run ends the next one", arguments: EngineKind.allCases)
    func stopAfter(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            try engine.schedule(after: .zero) { [unowned engine] _ in engine.stop() }
            #expect(try engine.run(.untilStopped) == .stopped)
            engine.stop()
            engine.stop()
            #expect(try engine.run(.untilStopped) == .stopped)
            #expect(try engine.run(.withoutWaiting) == .idle)
        }
        try check(kind.make())
    }

    @Test("A break leaves what is due for the next run, and loses none of it", arguments: EngineKind.allCases)
    func breaking(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            engine.breakLoop()
            #expect(try engine.run(.untilStopped) == .broken)
            var calls = 0
            let pairs = try (0..<3).map { _ in try Pair() }
            for pair in pairs {
                try engine.watch(pair.takeFirst(), for: .readable, trigger: .levelOneShot) { [unowned engine] _, _ in
                    calls += 1
                    engine.breakLoop()
                }
                try pair.send("x")
            }
            for run in 1...3 {
                #expect(try engine.run(.untilStopped) == .broken)
                #expect(calls == run)
            }
        }
        try check(kind.make())
    }

    @Test("A break among timers leaves the later ones for the next run", arguments: EngineKind.allCases)
    func breakingTimers(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var order: [Int] = []
            for number in 1...3 {
                try engine.schedule(after: .zero) { [unowned engine] _ in
                    order.append(number)
                    engine.breakLoop()
                }
            }
            for run in 1...3 {
                #expect(try engine.run(.untilStopped) == .broken)
                #expect(order == Array(1...run))
            }
        }
        try check(kind.make())
    }

    @Test("A break among posts leaves the later ones for the next run, before new ones", arguments: EngineKind.allCases)
    func breakingPosts(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let order = Mutex<[Int]>([])
            let poster = try engine.poster()
            func post(_ number: Int) {
                poster.post { engine in
                    order.withLock { $0.append(number) }
                    engine.breakLoop()
                }
            }
            // A post that was lost would be waited for without end.
            try engine.schedule(after: patience) { [unowned engine] _ in engine.stop() }
            for number in 1...3 { post(number) }
            for run in 1...4 {
                #expect(try engine.run(.untilStopped) == .broken)
                #expect(order.withLock { $0 } == Array(1...run))
                if run == 1 { post(4) }
            }
        }
        try check(kind.make())
    }

    @Test("What a break left, and what was closed since, does not end a wait", arguments: EngineKind.allCases)
    func closedAfterBreak(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let pairs = [try Pair(), try Pair()]
            var calls = 0
            var watches: [Engine.Watch] = []
            for pair in pairs {
                try pair.send("x")
                let watch = try engine.watch(pair.takeFirst(), for: .readable) { [unowned engine] _, _ in
                    calls += 1
                    engine.breakLoop()
                }
                watches.append(watch)
            }
            #expect(try engine.run(.untilStopped) == .broken)
            for watch in watches { watch.close() }
            var fired = false
            try engine.schedule(after: .milliseconds(20)) { _ in fired = true }
            #expect(try engine.run(.once) == .turned)
            #expect(fired && calls == 1)
        }
        try check(kind.make())
    }

    @Test("Whoever breaks off each turn keeps nobody from theirs", arguments: EngineKind.allCases)
    func breakingEachTurn(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var calls: [String: Int] = [:]
            // The engine keeps the handlers, which must not keep it.
            let breakLoop = { [unowned engine] in engine.breakLoop() }
            func call(_ name: String) {
                calls[name, default: 0] += 1
                breakLoop()
            }
            for name in ["one socket", "another"] {
                let pair = try Pair()
                try pair.send("never read")
                try engine.watch(pair.takeFirst(), for: .readable) { _, _ in call(name) }
            }
            var names = ["one socket", "another", "timer"]
            for name in ["one file", "another file"] where engine.capabilities.contains(.anyFile) {
                let file = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
                try engine.watch(Descriptor(adopting: file), for: .readable) { _, _ in call(name) }
                names.append(name)
            }
            try engine.schedule(after: .zero, every: .nanoseconds(1)) { _ in call("timer") }
            for _ in 0..<30 { #expect(try engine.run(.untilStopped) == .broken) }
            for name in names { #expect(calls[name, default: 0] >= 2, "\(name)") }
        }
        try check(kind.make())
    }

    @Test("fault 42: a nested run is refused", arguments: EngineKind.allCases)
    func nested(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var inner: IOError?
            try engine.schedule(after: .zero) { [unowned engine] _ in
                inner = #expect(throws: IOError.self) { try engine.run(.once) }
                engine.stop()
            }
            #expect(try engine.run(.untilStopped) == .stopped)
            #expect(inner?.code == .alreadyRunning)
        }
        try check(kind.make())
    }

    @Test(
        "A turn without waiting ends although something stays ready, and does not wait",
        arguments: EngineKind.allCases
    )
    func withoutWaiting(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            try pair.send("never read")
            var calls = 0
            try engine.watch(pair.takeFirst(), for: .readable) { _, _ in calls += 1 }
            var fired = false
            try engine.schedule(after: .seconds(1000)) { _ in fired = true }
            for turn in 1...3 {
                #expect(try engine.run(.withoutWaiting) == .turned)
                #expect(calls == turn)
            }
            #expect(!fired)
        }
        try check(kind.make())
    }

    @Test("One turn waits for something to call back for", arguments: EngineKind.allCases)
    func once(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var fired = 0
            try engine.schedule(after: .milliseconds(20)) { _ in fired += 1 }
            #expect(try engine.run(.once) == .turned)
            #expect(fired == 1)
        }
        try check(kind.make())
    }

    @Test("What belongs to an engine that has gone is closed", arguments: EngineKind.allCases)
    func gone(_ kind: EngineKind) throws {
        func watch(on engine: some EventEngine, _ socket: consuming Socket) throws -> any SocketWatch {
            try engine.watch(socket, for: .readable) { _, _ in }
        }
        let pair = try Pair()
        let watch = try watch(on: kind.make(), pair.takeFirst())
        #expect(throws: IOError.self) { try watch.setInterest(.writable) }
        watch.close()
        try pair.second.waitForInput()
        var bytes: [UInt8] = [0]
        var span = bytes.mutableSpan
        #expect(try pair.second.read(into: &span) == .end)
    }
}
