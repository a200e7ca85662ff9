import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import Testing

/// What disturbs the waiting itself, on every engine.
@Suite struct WaitFaultTests {
    @Test(
        "fault 6: in a storm of signals timers are not early, and nothing comes that is not there",
        .bug(id: "interrupted-by-a-signal")
    )
    func signalStorm() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            for kind in EngineKind.allCases { try Self.weather(kind.make()) }
        }
    }

    private static func weather(_ engine: some EventEngine) throws {
        let pair = try Pair()
        var calls = 0
        let watch = try engine.watch(pair.takeFirst(), for: .readable) { _, _ in calls += 1 }
        let storm = try SignalStorm()
        defer { storm.end() }
        // A busy machine may send no signal for as long as a timer takes: that one shows nothing.
        var stormyTimers = 0
        while stormyTimers < 10 {
            let before = storm.count
            let start = MonotonicInstant.now
            var passed: Duration?
            try engine.schedule(after: .milliseconds(20)) { _ in passed = start.duration(to: .now) }
            try engine.run(until: { passed != nil })
            #expect(try #require(passed) >= .milliseconds(20))
            if storm.count > before { stormyTimers += 1 }
        }
        #expect(calls == 0)
        watch.close()
    }

    @Test(
        "fault 7: reads and writes that a signal interrupts are repeated",
        .bug(id: "interrupted-by-a-signal"),
        arguments: ["read:error=EINTR:when=1..3", "sendto:error=EINTR:when=1..3"]
    )
    func interruptedCalls(_ rule: String) async {
        await #expect(processExitsWith: .success) { [rule] in
            alarm(500)
            for kind in EngineKind.allCases { try Self.echo(on: kind.make(), while: rule) }
        }
    }

    private static func echo<Engine: EventEngine>(on engine: Engine, while rule: String) throws {
        let pair = try Pair()
        let peer = try EchoPeer(on: engine, pair.takeFirst())
        let fault = try SystemCallFault(rule)
        defer { fault.end() }
        try pair.send("hello")
        var answer = ""
        try engine.run(until: {
            answer += (try? pair.second.readText()) ?? ""
            return answer == "hello"
        })
        #expect(peer.failures.isEmpty)
    }

    @Test(
        "fault 9: what a handler leaves is told again: by level as it is, by edge when it asks",
        arguments: EngineKind.allCases
    )
    func partialReads(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for trigger in [Trigger.level, .edge] where engine.capabilities.supports(trigger) {
                let pair = try Pair()
                var received = ""
                let watch = try engine.watch(pair.takeFirst(), for: .readable, trigger: trigger) { watch, _ in
                    received += (try? watch.socket.readText(3)) ?? ""
                    if trigger == .edge { #expect(throws: Never.self) { try watch.reportAgain() } }
                }
                try pair.send("all of it comes")
                try engine.run(until: { received == "all of it comes" })
                watch.close()
            }
        }
        try check(kind.make())
    }
}
