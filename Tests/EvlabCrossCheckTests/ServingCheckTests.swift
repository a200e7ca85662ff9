import EvlabCrossCheck
import Readiness
import Sockets
import Testing

/// The demonstrations that serve, each test in a process of its own: servers end by a signal, which all in a process get.
@Suite
struct ServingCheckTests {
    // Every kind of step, whatever the seeds bring.

    private static let echo = ServingScript(
        .echo,
        [
            .connect(0), .send(0, bytes: 200), .sendOutOfBand(0), .send(0, bytes: 50), .receive(0, bytes: 7),
            .connect(1),
            .send(1, bytes: 300_000), .receiveAll(0), .halfClose(0), .end(0), .connect(2), .reset(2), .connect(3),
            .send(3, bytes: 9), .close(3), .receiveAll(1),
        ]
    )

    private static let chat = ServingScript(
        .chat,
        [
            .connect(0), .introduceBadly(0), .introduce(0), .connect(1), .introduce(1), .pause(1),
            .say(0, lines: 2, bytes: 20), .resume(1), .sayTooMuch(1), .connect(2), .introduce(2), .reset(1), .close(2),
        ]
    )

    @Test
    func `Clients see the same of every server, whose totals say so too`() async {
        await #expect(processExitsWith: .success) {
            let check = try ServingCheck()
            let scripts =
                [ServingCheckTests.echo, ServingCheckTests.chat] + (UInt64(1)...4).map { ServingScript(seed: $0) }
            for script in scripts {
                let discovery = try check.discovery(in: script)
                #expect(discovery == nil, "\(discovery?.text ?? "")")
            }
            let complaints = try check.end()
            #expect(complaints == [])
            for kind in ServingStep.kinds { #expect(check.counts.steps[kind] ?? 0 > 0, "\(kind)") }
        }
    }

    @Test(arguments: ServingFault.allCases)
    func `A broken server is found, and by a short script`(_ fault: ServingFault) async {
        await #expect(processExitsWith: .success) { [fault] in
            // Where silence is what is looked for, it is waited for again and again; elsewhere a slow machine is not to be
            // taken for it.
            let patience = fault.events == ["silence"] ? 8.0 : 30.0
            let check = try ServingCheck([fault.victim], patience: patience) { name throws(IOError) in
                try FaultyServer(fault, name)
            }
            let discovery = try #require(try ServingCheckTests.firstDiscovery(check, fault))
            #expect(discovery.server == fault.victim)
            #expect(discovery.script.steps.count <= 5, "\(discovery.script.steps)")
            #expect(fault.events.contains { discovery.text.contains(": \($0)") }, "\(discovery.text)")
        }
    }

    private static func firstDiscovery(_ check: ServingCheck, _ fault: ServingFault) throws -> ServingDiscovery? {
        if let script = fault.script { return try check.discovery(in: script) }
        for seed in UInt64(1)...20 {
            if let discovery = try check.discovery(in: ServingScript(seed: seed), seed: seed) { return discovery }
        }
        return nil
    }

    @Test
    func `A server that counts wrong, or cannot be ended, is found in the end`() async {
        await #expect(processExitsWith: .success) {
            for end in [LyingServer.End.counts, .fails, .never] {
                let name = ServerName.all[0]
                let patience = end == .never ? 2.0 : 30.0
                let check = try ServingCheck([name], patience: patience) { name throws(IOError) in
                    try LyingServer(end, name)
                }
                _ = try check.discovery(in: ServingScript(.echo, [.connect(0), .send(0, bytes: 10)]))
                let complaints = try check.end()
                #expect(complaints.count == 1)
            }
        }
    }

    @Test
    func `The same seed gives the same script, and a finding is printed as a test`() async {
        #expect(ServingScript(seed: 5) == ServingScript(seed: 5))
        #expect(ServingScript(seed: 5) != ServingScript(seed: 6))
        await #expect(processExitsWith: .success) {
            let fault = ServingFault.refusesTheSecond
            let names = [fault.victim, ServerName(.echo, .multiplexer(.edge))]
            let check = try ServingCheck(names) { name throws(IOError) in
                if name == fault.victim { return try FaultyServer(fault, name) }
                return try DemoServer(name)
            }
            let script = ServingScript(.echo, [.connect(0), .send(0, bytes: 5), .connect(1), .send(1, bytes: 6)])
            let text = try #require(try check.discovery(in: script, seed: 77)).text
            #expect(text.contains("seed 77; 4 steps, shrunk to "))
            #expect(text.contains("bare epoll, edge"))
            #expect(text.contains("func servingSeed77()"))
            #expect(text.contains("            .connect(1),"))
        }
    }
}
