import Glibc
import Testing

/// Each demonstration that serves, on everything that it can run on.
@Suite(.serialized)
struct DemoTranscriptTests {
    @Test("A client sees the same on both engines and every method", arguments: DemoScript.all, DemoVariant.all)
    func transcript(_ script: DemoScript, _ variant: DemoVariant) throws {
        let last = script.tries.count - 1
        for number in 0..<last {
            var server = try DemoServer.start(script, on: variant, try: number)
            if (try? script.run(&server)) == script.transcript { return }
        }
        var server = try DemoServer.start(script, on: variant, try: last)
        let transcript = try script.run(&server)
        #expect(transcript == script.transcript)
    }

    @Test("Clients that come and go leave no descriptor behind", arguments: DemoScript.all, DemoVariant.all)
    func descriptors(_ script: DemoScript, _ variant: DemoVariant) throws {
        var server = try DemoServer.start(script, on: variant)
        let before = try server.descriptorCount
        for place in script.places where !place.hasSuffix("udp") {
            for round in 0..<6 {
                let client = try server.connect(place)
                switch round % 3 {
                case 0: try client.send("a line\n")
                case 1: try client.resetOnClose()
                default: try client.shutDownWriting()
                }
            }
        }
        // Whoever comes last is let in last: until then there may be no more descriptors either.
        for place in script.places where !place.hasSuffix("udp") {
            let client = try server.connect(place)
            try client.shutDownWriting()
            _ = try client.receive(atMost: 1)
        }
        #expect(try eventually { try server.descriptorCount <= before })
        #expect(try server.children.isEmpty)
        _ = try server.stop()
    }

    @Test("It ends at once while nobody is there, at SIGINT too", arguments: DemoScript.all, DemoVariant.engines)
    func interrupt(_ script: DemoScript, _ variant: DemoVariant) throws {
        var server = try DemoServer.start(script, on: variant)
        let sockets = try server.sockets
        #expect(try !sockets.isDisjoint(with: Self.boundSockets()))
        let totals = try server.stop(by: SIGINT)
        #expect(totals.split(separator: "\n").count == 1)
        // Nothing holds a port. Somebody else may have been given its number, so it is the sockets that are looked for.
        #expect(try sockets.isDisjoint(with: Self.boundSockets()))
    }

    /// The kernel's numbers of all sockets that have a port.
    private static func boundSockets() throws -> [Substring] {
        let rows = try Program.run(["cat", "/proc/net/tcp", "/proc/net/udp"]).output.split(separator: "\n")
        return rows.compactMap { $0.split(separator: " ").dropFirst(9).first }
    }
}
