import EvlabDemos
import Glibc
import Readiness
import SeededRandom
import Sockets
import Testing

/// The timeline of what epoll reports, and when.
@Suite("trace")
struct TraceTests {
    private static func states(_ script: String, _ mode: TraceMode) throws -> [Bool] {
        try Tracer.run(TraceScript(script), mode).steps.map(\.after.isReady)
    }

    /// What the waits of a script return: whether the socket.
    private static func waits(_ script: String, _ mode: TraceMode) throws -> [Bool] {
        try Tracer.run(TraceScript(script), mode).waits.map { $0.outcome != .wouldBlock }
    }

    @Test("Edge-triggered: a report for every arrival, also on top of old bytes; none for a partial read")
    func edge() throws {
        #expect(
            try Self.waits("w5 wait wait r2 wait w1 wait w1 w1 wait wait", .edge) == [
                true, false, false, true, true, false,
            ]
        )
        #expect(try Self.states("w5 wait r2 w1", .edge) == [true, false, false, true])
        let again = try Tracer.run(TraceScript("w5 wait r2 w1 wait"), .edge).steps.map(\.firesAgain)
        #expect(again == [false, false, false, true, false])
    }

    @Test("Level-triggered: a report at every wait until the last byte has been read")
    func level() throws {
        #expect(try Self.waits("wait w5 wait wait r2 wait r3 wait", .level) == [false, true, true, true, false])
        #expect(try Self.states("w5 wait r4 wait r1", .level) == [true, true, true, true, false])
    }

    @Test("One-shot: a report, then none until it is rearmed", arguments: [TraceMode.levelOneShot, .edgeOneShot])
    func oneShot(_ mode: TraceMode) throws {
        #expect(
            try Self.waits("w5 wait w1 wait rearm wait drain w2 wait rearm wait", mode) == [
                true, false, true, false, true,
            ]
        )
        let armed = try Tracer.run(TraceScript("w5 wait w1 rearm wait"), mode).steps.map(\.after.isArmed)
        #expect(armed == [true, false, false, true, false])
    }

    @Test("Rearming reports what is there, whatever the trigger", arguments: TraceMode.allCases)
    func rearm(_ mode: TraceMode) throws {
        #expect(try Self.waits("w5 wait rearm wait", mode) == [true, true])
        // There is nothing to report when nothing is there.
        #expect(try Self.waits("w5 wait drain rearm wait", mode) == [true, false])
    }

    @Test("The end of the stream is reported, and read as the end", arguments: TraceMode.allCases)
    func end(_ mode: TraceMode) throws {
        let steps = try Tracer.run(TraceScript("w3 drain end wait r1"), mode).steps
        #expect(steps.map(\.outcome) == [.bytes(3), .bytes(3), .done, .event(.readable), .end])
    }

    @Test("The kernel counts the bytes", arguments: TraceMode.allCases)
    func buffered(_ mode: TraceMode) throws {
        let steps = try Tracer.run(TraceScript("w1000 r1 w1 wait r999 wait r1 r1"), mode).steps
        #expect(steps.map(\.after.buffered) == [1000, 999, 1000, 1000, 1, 1, 0, 0])
        #expect(steps.last?.outcome == .wouldBlock)
    }

    /// Otherwise a picture would show what looking does.
    @Test("Looking changes nothing: without it the calls return the same", arguments: TraceMode.allCases, 0..<20)
    func lookingIsHarmless(_ mode: TraceMode, _ seed: Int) throws {
        let steps = ["w3", "w1", "r1", "r2", "drain", "wait", "wait", "rearm"]
        var random = RepeatableRandom(seed: UInt64(seed))
        let words = (0..<64).compactMap { _ in random.element(of: steps) }
        let script = try TraceScript(words.joined(separator: " "))
        #expect(try Tracer.run(script, mode).steps.map(\.outcome) == Tracer.outcomes(script, mode), "\(words)")
    }

    /// What the ready list holds is what the next wait returns.
    @Test("A wait returns the socket exactly when it was on the ready list", arguments: TraceMode.allCases)
    func readyListIsTrue(_ mode: TraceMode) throws {
        for step in try Tracer.run(.standard, mode).waits {
            #expect((step.outcome != .wouldBlock) == step.before.isReady)
        }
    }

    @Test(
        "A word that is no step, or a count that none can have, is refused by name",
        arguments: [
            ("w5 jump", "jump"), ("w", "'w'"), ("w0", "w0"), ("r1001", "1000"), ("w-1", "w-1"), ("", "step"),
            ("wx", "wx"),
        ]
    )
    func badScript(_ text: String, _ expected: String) throws {
        let error = #expect(throws: IOError.self) { try TraceScript(text) }
        #expect(error?.detail.contains(expected) == true, "\(error?.detail ?? "")")
        let end = try Program.runEvlab(["trace", "--script", text])
        #expect(end.code == 64)
        #expect(end.errors.contains("--script"))
    }

    @Test("As many steps as a picture can show, and no more")
    func longScript() throws {
        let steps = (0..<64).map { _ in "wait" }
        #expect(try Tracer.run(TraceScript(steps.joined(separator: " ")), .edge).steps.count == 64)
        #expect(throws: IOError.self) { try TraceScript((steps + ["wait"]).joined(separator: " ")) }
    }

    @Test("The command prints a line a step, within 100 columns", arguments: TraceMode.allCases)
    func text(_ mode: TraceMode) throws {
        let end = try Program.runEvlab(["trace", "--mode", mode.rawValue])
        #expect(end.code == 0)
        let lines = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 100 })
        for (index, action) in TraceScript.standard.actions.enumerated() {
            #expect(lines.contains { $0.hasPrefix(index < 9 ? " \(index + 1)  \(action)" : "\(index + 1)  \(action)") })
        }
    }

    @Test(
        "The record says the same as the picture's source",
        .enabled(if: has("python3")),
        arguments: TraceMode.allCases
    )
    func json(_ mode: TraceMode) throws {
        let path = "/tmp/evlab-trace-\(getpid())-\(mode.rawValue).json"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(["trace", "--mode", mode.rawValue, "--json", path]).code == 0)
        let count = "import json,sys; t=json.load(open(sys.argv[1])); print(t['mode'], len(t['steps']), t['wakeUps'])"
        let trace = try Tracer.run(.standard, mode)
        let end = try Program.run(["python3", "-c", count, path])
        #expect(end.output == "\(mode.rawValue) \(trace.steps.count) \(trace.wakeUps)\n", "\(end.errors)")
    }

    @Test("A picture that cannot be written is a failure before any work", arguments: ["--svg", "--json"])
    func unwritable(_ option: String) throws {
        let end = try Program.runEvlab(["trace", option, "/nowhere/at/all"])
        #expect(end.code == 1)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains("/nowhere/at/all"))
    }

    /// Draws them anew: `for m in lt et lt-oneshot et-oneshot; do evlab trace --mode $m --svg trace-$m.svg; done`.
    @Test("The pictures of the documentation are what the command draws", arguments: TraceMode.allCases)
    func documentedPictures(_ mode: TraceMode) throws {
        let path = "/tmp/evlab-trace-\(getpid())-\(mode.rawValue).svg"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(["trace", "--mode", mode.rawValue, "--svg", path]).code == 0)
        let documented = source("Sources/EvlabDemos/EvlabDemos.docc/Resources/trace-\(mode.rawValue).svg")
        #expect(try Program.run(["cmp", path, documented]).code == 0)
    }

    /// The pictures of other pages: the file, the mode and the script. Drawn anew likewise, with `--script`.
    private static let otherPictures: [(String, TraceMode, String)] = [
        ("lt-et-level", .level, "w28 wait r10 wait r10 wait r10 wait"),
        ("lt-et-edge", .edge, "w28 wait drain wait"),
        ("lt-et-edge-one-read", .edge, "w28 wait r10 wait w5 wait r10 wait"),
        ("oneshot-off", .edge, "w6 wait r6 w5 wait drain wait"),
        ("oneshot-on", .edgeOneShot, "w6 wait r6 w5 wait drain w3 rearm wait"),
    ]

    @Test("The pictures of the demonstrations' pages are what the command draws", arguments: otherPictures)
    func otherDocumentedPictures(_ name: String, _ mode: TraceMode, _ script: String) throws {
        let path = "/tmp/evlab-trace-\(getpid())-\(name).svg"
        defer { unsafe unlink(path) }
        let command = ["trace", "--mode", mode.rawValue, "--script", script, "--svg", path]
        #expect(try Program.runEvlab(command).code == 0)
        let documented = source("Sources/EvlabDemos/EvlabDemos.docc/Resources/\(name).svg")
        #expect(try Program.run(["cmp", path, documented]).code == 0)
    }

    @Test(
        "Pictures are XML, have a title and a description, and need nothing from elsewhere",
        .enabled(if: has("python3"))
    )
    func wellFormed() throws {
        let path = "/tmp/evlab-trace-\(getpid()).svg"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(["trace", "--script", "w1000 wait r1 end wait", "--svg", path]).code == 0)
        let check = """
            import sys, xml.etree.ElementTree as tree
            s = '{http://www.w3.org/2000/svg}'
            root = tree.parse(sys.argv[1]).getroot()
            ids = {e.get('id') for e in root.iter()}
            assert root.tag == s + 'svg' and root.find(s + 'title').text and 'write 1000' in root.find(s + 'desc').text
            assert set(root.get('aria-labelledby').split()) <= ids
            text = open(sys.argv[1]).read()
            assert 'prefers-color-scheme: dark' in text and '@import' not in text and 'href' not in text
            print('fine')
            """
        let end = try Program.run(["python3", "-c", check, path])
        #expect(end.output == "fine\n", "\(end.errors)")
    }
}
