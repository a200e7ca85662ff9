import Readiness
import Sockets
import Testing

/// What every engine promises of the end of a turn.
@Suite struct TurnEndContractTests {
    @Test("once, after all that was ready, in a turn in which it was asked for", arguments: EngineKind.allCases)
    func order(_ kind: EngineKind) throws {
        func check<Engine: TurnEnding>(_ engine: Engine) throws {
            var seen: [String] = []
            let turnEnd = try engine.onTurnEnd { seen.append("end") }
            let pairs = try (0..<3).map { _ in try Pair() }
            for pair in pairs {
                try engine.watch(pair.takeFirst(), for: .readable) { watch, _ in
                    let text = try? watch.socket.readText()
                    if text == "ask" { turnEnd.request() }
                    seen.append("call")
                }
            }
            for text in ["ask", "do not ask", "ask"] {
                for pair in pairs { try pair.send(text) }
                try engine.run(.once)
            }
            let calls = ["call", "call", "call"]
            #expect(seen == calls + ["end"] + calls + calls + ["end"])
        }
        try check(kind.makeTurnEnding())
    }

    enum Ending: CaseIterable {
        case cancelled, closed
    }

    @Test("never once it is cancelled or the engine closed", arguments: EngineKind.allCases, Ending.allCases)
    func over(_ kind: EngineKind, _ ending: Ending) throws {
        func check<Engine: TurnEnding & ClosableEngine>(_ engine: Engine) throws {
            var calls = 0
            let turnEnd = try engine.onTurnEnd { calls += 1 }
            try engine.schedule(after: .zero) { [unowned engine] _ in
                turnEnd.request()
                ending == .cancelled ? turnEnd.cancel() : engine.close()
                turnEnd.request()
            }
            try engine.run(.once)
            turnEnd.request()
            _ = try? engine.run(.withoutWaiting)
            #expect(calls == 0)
        }
        try check(kind.makeTurnEnding())
    }
}

extension EngineKind {
    fileprivate func makeTurnEnding() throws -> any TurnEnding & ClosableEngine {
        try #require(try make() as? any TurnEnding & ClosableEngine)
    }
}
