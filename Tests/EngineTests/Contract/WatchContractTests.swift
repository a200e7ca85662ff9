import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// What every engine promises of the descriptors that it watches.
@Suite struct WatchContractTests {
    @Test("Level: called for as long as anything is left", arguments: EngineKind.allCases)
    func level(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var seen = ""
            try engine.watch(pair.takeFirst(), for: .readable) { watch, events in
                #expect(events == .readable)
                seen += (try? watch.socket.readText(2)) ?? ""
                if seen.count == 6 { watch.close() }
            }
            try pair.send("abcdef")
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(seen == "abcdef")
        }
        try check(kind.make())
    }

    @Test("Edge: called once for each arrival, and again when asked", arguments: EngineKind.edgeTriggered)
    func edge(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var calls = 0
            let watch = try engine.watch(pair.takeFirst(), for: .readable, trigger: .edge) { _, _ in calls += 1 }
            for arrival in 1...3 {
                try pair.send("x")
                try engine.runWithoutWaiting()
                #expect(calls == arrival)
            }
            #expect(try watch.socket.readText(1) == "x")
            try engine.runWithoutWaiting()
            #expect(calls == 3)
            try watch.reportAgain()
            try engine.runWithoutWaiting()
            #expect(calls == 4)
        }
        try check(kind.make())
    }

    @Test("Edge: one that asks again each time lets others in, and a turn ends", arguments: EngineKind.edgeTriggered)
    func askingAgain(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let (greedy, other) = (try Pair(), try Pair())
            var (calls, others) = (0, 0)
            let watch = try engine.watch(greedy.takeFirst(), for: .readable, trigger: .edge) { watch, _ in
                calls += 1
                #expect(throws: Never.self) { try watch.reportAgain() }
            }
            try engine.watch(other.takeFirst(), for: .readable) { watch, _ in
                others += 1
                watch.close()
            }
            try greedy.send("x")
            try engine.run(.once)
            let before = calls
            try other.send("x")
            try engine.run(until: { others == 1 })
            #expect(calls <= before + 2)
            // Nothing is ready: there is nothing to report again.
            _ = try watch.socket.readText()
            try engine.runWithoutWaiting()
            let after = calls
            try watch.reportAgain()
            try engine.runWithoutWaiting()
            #expect(calls == after)
        }
        try check(kind.make())
    }

    @Test("An edge is refused where there are none", arguments: EngineKind.withoutEdges, [Trigger.edge, .edgeOneShot])
    func noEdge(_ kind: EngineKind, _ trigger: Trigger) throws {
        func check(_ engine: some EventEngine) throws {
            #expect(!engine.capabilities.supports(trigger))
            for interest in [Interest.readable, []] {
                let error = #expect(throws: IOError.self) {
                    try engine.watch(Pair().takeFirst(), for: interest, trigger: trigger) { _, _ in }
                }
                #expect(error?.code == .unsupported)
            }
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("One-shot: called once, and once more for each rearming", arguments: EngineKind.allCases)
    func oneShot(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for trigger in Trigger.allCases where trigger.isOneShot && engine.capabilities.supports(trigger) {
                let pair = try Pair()
                var calls = 0
                let watch = try engine.watch(pair.takeFirst(), for: .readable, trigger: trigger) { _, _ in calls += 1 }
                try pair.send("x")
                for round in 1...3 {
                    try engine.runWithoutWaiting()
                    try pair.send("more")
                    try engine.runWithoutWaiting()
                    #expect(calls == round, "\(trigger)")
                    try watch.setInterest(.readable)
                }
                try engine.runWithoutWaiting()
                #expect(calls == 4)
                watch.close()
            }
        }
        try check(kind.make())
    }

    @Test("Rearmed in its own handler, a one-shot watch goes on", arguments: EngineKind.allCases)
    func rearmInside(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var seen = ""
            try engine.watch(pair.takeFirst(), for: .readable, trigger: .levelOneShot) { watch, _ in
                seen += (try? watch.socket.readText(1)) ?? ""
                if seen.count < 4 { #expect(throws: Never.self) { try watch.setInterest(.readable) } }
            }
            try pair.send("abcdef")
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(seen == "abcd")
        }
        try check(kind.make())
    }

    @Test(
        "Watched for a failure alone: input and its end are not reported, a reset is, once",
        .bug(id: "handler-outlives-connection"),
        arguments: EngineKind.allCases,
        Trigger.allCases
    )
    func failureAlone(_ kind: EngineKind, _ trigger: Trigger) throws {
        func check(_ engine: some EventEngine) throws {
            guard engine.capabilities.supports(trigger) else { return }
            var pair: Pair? = try Pair.overTCP()
            let first = try #require(pair).takeFirst()
            guard engine.capabilities.contains(.failure) else {
                let error = #expect(throws: IOError.self) {
                    try engine.watch(Pair().takeFirst(), for: .failure, trigger: trigger) { _, _ in }
                }
                #expect(error?.code == .unsupported)
                return
            }
            var seen: [ReadyEvents] = []
            let watch = try engine.watch(first, for: .readable, trigger: trigger) { _, events in seen.append(events) }
            try watch.setInterest(.failure)
            #expect(watch.interest == .failure)
            try #require(pair).send("abc")
            try engine.runWithoutWaiting()
            #expect(seen.isEmpty)
            try #require(pair).second.set(.linger, to: .seconds(0))
            pair = nil
            try engine.run(until: { !seen.isEmpty })
            try engine.runWithoutWaiting()
            #expect(seen.count == 1)
            #expect(seen.first?.contains(.error) == true)
            #expect(watch.socket.readBytes() == Array("abc".utf8))
        }
        try check(kind.make())
    }

    @Test(
        "Watched for a failure alone, the end of the peer's output does not keep the loop busy",
        arguments: EngineKind.allCases
    )
    func failureAfterEnd(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            guard engine.capabilities.contains(.failure) else { return }
            let pair = try Pair.overTCP()
            var calls = 0
            let watch = try engine.watch(pair.takeFirst(), for: .failure) { _, _ in calls += 1 }
            try pair.second.shutDown(.writing)
            try watch.socket.waitForInput()
            try engine.runWithoutWaiting()
            #expect(calls == 0)
            // Watched for input again, the end is reported.
            try watch.setInterest(.readable)
            try engine.run(until: { calls > 0 })
        }
        try check(kind.make())
    }

    @Test("Paused, nothing comes, not even the end; resumed, all of it", arguments: EngineKind.allCases)
    func pausing(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var calls = 0
            var pair: Pair? = try Pair()
            let watch = try engine.watch(try #require(pair).takeFirst(), for: .readable) { _, _ in calls += 1 }
            try watch.setInterest([])
            #expect(watch.interest.isEmpty)
            try pair?.send("x")
            pair = nil
            try engine.runWithoutWaiting()
            #expect(calls == 0)
            try watch.setInterest(.readable)
            try engine.run(.withoutWaiting)
            #expect(calls == 1)
            #expect(try watch.socket.readText() == "x")
        }
        try check(kind.make())
    }

    @Test("Pausing in its own handler ends it at once", arguments: EngineKind.allCases)
    func pausingInside(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var calls = 0
            try engine.watch(pair.takeFirst(), for: [.readable, .writable]) { watch, _ in
                calls += 1
                #expect(throws: Never.self) { try watch.setInterest([]) }
            }
            try pair.send("x")
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 1)
        }
        try check(kind.make())
    }

    @Test("Only what is asked for comes, and changes hold from the next turn on", arguments: EngineKind.allCases)
    func interests(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            var seen: [ReadyEvents] = []
            let watch = try engine.watch(pair.takeFirst(), for: .readable) { _, events in seen.append(events) }
            try engine.runWithoutWaiting()
            try watch.setInterest(.writable)
            try engine.run(.withoutWaiting)
            try pair.send("x")
            try watch.setInterest([.readable, .writable])
            try engine.run(.withoutWaiting)
            try watch.setInterest(.readable)
            try engine.run(.withoutWaiting)
            #expect(seen == [.writable, [.readable, .writable], .readable])
        }
        try check(kind.make())
    }

    @Test("Who asked to write is told of an end by that name", arguments: EngineKind.allCases)
    func failures(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var pair: Pair? = try Pair()
            var seen: ReadyEvents = []
            let watch = try engine.watch(try #require(pair).takeFirst(), for: .readable) { _, events in seen = events }
            pair = nil
            try engine.run(until: { seen.contains(.readable) })
            seen = []
            try watch.setInterest(.writable)
            try engine.run(until: { seen.contains(.writable) })
            #expect(!seen.contains(.readable))
        }
        try check(kind.make())
    }

    @Test(
        "fault 21: closed in its own handler, or in another's, it is not called again",
        arguments: EngineKind.allCases
    )
    func closing(_ kind: EngineKind) throws {
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let pairs = [try Pair(), try Pair()]
            var watches: [Engine.Watch] = []
            var calls = 0
            for pair in pairs {
                watches.append(
                    try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                        calls += 1
                        // Both are ready: whichever comes first closes the other, and itself.
                        for watch in watches { watch.close() }
                        watch.close()
                    }
                )
                try pair.send("x")
            }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 1)
            for pair in pairs {
                try pair.second.waitForInput()
                #expect(#expect(throws: IOError.self) { try pair.second.write([1].span) }?.code == .brokenPipe)
            }
        }
        try check(kind.make())
    }

    @Test(
        "fault 19: a number that is closed and used again in one turn never gets the old event",
        .bug(id: "event-of-a-closed-descriptor")
    )
    func reuse() async {
        // In a process of its own, where no other test takes the numbers first.
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in EngineKind.allCases { try reuseNumbers(on: kind.make()) }
            exit(0)
        }
    }

    @Test("A handler may hold its own watch: a close lets go of it", arguments: EngineKind.allCases)
    func letsGo(_ kind: EngineKind) throws {
        final class Witness {}
        func check<Engine: EventEngine>(_ engine: Engine) throws {
            let pair = try Pair()
            weak var witness: Witness?
            weak var seen: AnyObject?
            do {
                let held = Witness()
                witness = held
                var own: Engine.Watch?
                own = try engine.watch(pair.takeFirst(), for: .readable) { _, _ in
                    own?.close()
                    _ = held
                }
                seen = own
            }
            #expect(witness != nil && seen != nil)
            try pair.send("x")
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(witness == nil && seen == nil)
        }
        try check(kind.make())
    }

    @Test("After a close its calls are errors, and reach nobody else", arguments: EngineKind.allCases)
    func afterClose(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            let watch = try engine.watch(pair.takeFirst(), for: .readable) { _, _ in }
            watch.close()
            watch.close()
            #expect(#expect(throws: IOError.self) { try watch.setInterest(.writable) }?.code == .closed)
            #expect(#expect(throws: IOError.self) { try watch.socket.write([1].span) }?.errno == .badFileDescriptor)
            #expect(try engine.run(.untilIdle) == .idle)
        }
        try check(kind.make())
    }

    @Test("What is watched from inside a handler is called in a later turn", arguments: EngineKind.allCases)
    func addedInside(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let first = try Pair()
            let second = try Pair()
            try second.send("y")
            var order: [String] = []
            try engine.watch(first.takeFirst(), for: .readable) { [unowned engine] watch, _ in
                order.append("first")
                watch.close()
                #expect(throws: Never.self) {
                    try engine.watch(second.takeFirst(), for: .readable) { watch, _ in
                        order.append("second")
                        watch.close()
                    }
                }
            }
            try first.send("x")
            try engine.run(.withoutWaiting)
            #expect(order == ["first"])
            try engine.run(.withoutWaiting)
            #expect(order == ["first", "second"])
        }
        try check(kind.make())
    }

    @Test("Every kind of descriptor can be watched, and is closed with its watch", arguments: EngineKind.allCases)
    func pipe(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            var numbers: [CInt] = [-1, -1]
            try #require(unsafe clinux_pipe(&numbers) == 0)
            let readEnd = Descriptor(adopting: FileDescriptor(rawValue: numbers[0]))
            let writeEnd = FileDescriptor(rawValue: numbers[1])
            defer { try? writeEnd.close() }
            var events: ReadyEvents?
            let watch = try engine.watch(readEnd, for: .readable) { watch, ready in
                events = ready
                watch.close()
            }
            _ = try writeEnd.writeAll([1])
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(events == .readable)
            // Until no child that another test has just forked has the other end any more.
            var request = pollfd(fd: numbers[1], events: 0, revents: 0)
            #expect(unsafe clinux_poll(&request, 1, patienceInMilliseconds) == 1)
            #expect(throws: Errno.brokenPipe) { try writeEnd.writeAll([2]) }
            watch.close()
        }
        try check(kind.make())
    }

    @Test("A file that is never ready for what is asked keeps no wait from waiting", arguments: EngineKind.allCases)
    func fileWithoutPriority(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let capabilities = engine.capabilities
            for (capability, interest) in [(Capabilities.priority, Interest.priority), (.peerClosed, .peerClosed)]
            where capabilities.isSuperset(of: [.anyFile, capability]) {
                let file = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
                let watch = try engine.watch(Descriptor(adopting: file), for: interest) { _, _ in
                    Issue.record("it is not ready")
                }
                var fired = false
                try engine.schedule(after: .milliseconds(20)) { _ in fired = true }
                #expect(try engine.run(.once) == .turned)
                #expect(fired)
                watch.close()
            }
        }
        try check(kind.make())
    }

    @Test(
        "fault 34: a file that never blocks is always ready, or a typed error",
        .bug(id: "file-that-never-blocks"),
        arguments: EngineKind.allCases
    )
    func file(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            func watch(_ trigger: Trigger, _ handler: @escaping () -> Void) throws -> any SocketWatch {
                let file = try FileDescriptor.open(FilePath("/dev/null"), .readOnly)
                return try engine.watch(Descriptor(adopting: file), for: .readable, trigger: trigger) { _, events in
                    #expect(events == .readable)
                    handler()
                }
            }
            guard engine.capabilities.contains(.anyFile) else {
                #expect(#expect(throws: IOError.self) { try watch(.level) {} }?.code == .notPollable)
                return
            }
            var calls = 0
            let level = try watch(.level) { calls += 1 }
            for turn in 1...3 {
                try engine.run(.withoutWaiting)
                #expect(calls == turn)
            }
            try level.setInterest([])
            #expect(try engine.run(.untilIdle) == .idle)
            level.close()
            let once = try watch(.levelOneShot) { calls += 10 }
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 13)
            try once.setInterest(.readable)
            #expect(try engine.run(.untilIdle) == .idle)
            #expect(calls == 23)
            once.close()
        }
        try check(kind.make())
    }
}

/// Two sockets are ready in one turn. The first callback closes both; new sockets get their numbers at once.
private func reuseNumbers<Engine: EventEngine>(on engine: Engine) throws {
    let old = [try Pair(), try Pair()]
    var fresh: [Pair] = []
    var watches: [Engine.Watch] = []
    var (calls, wrong) = (0, 0)
    func reuse() throws {
        let numbers = watches.map(\.number)
        for watch in watches { watch.close() }
        fresh = [try Pair(), try Pair()]
        watches = try fresh.map { pair in
            try engine.watch(pair.takeFirst(), for: .readable) { _, _ in wrong += 1 }
        }
        #expect(watches.contains { numbers.contains($0.number) }, "no number was used again")
    }
    for pair in old {
        watches.append(
            try engine.watch(pair.takeFirst(), for: .readable) { _, _ in
                calls += 1
                #expect(throws: Never.self) { try reuse() }
            }
        )
        try pair.send("x")
    }
    try engine.runWithoutWaiting()
    #expect(calls == 1 && wrong == 0)
    for watch in watches { watch.close() }
}

extension SocketWatch {
    fileprivate var number: CInt { socket.fileDescriptor.rawValue }
}
