import EvlabComparison
import Glibc
import Sockets
import Testing

/// The comparison as a user runs it. One at a time: it measures.
@Suite(.serialized)
struct CompareTests {
    private static let quick =
        ["--processes", "1", "--rounds", "2", "--seconds", "0.002", "--seed", "5"] + ["--no-counts"]

    private func temporaryFile() throws -> String {
        try String(Program.run(["mktemp"]).output.dropLast())
    }

    @Test("Every workload is measured, and what was measured is in the JSON", .enabled(if: has("python3")))
    func everything() throws {
        let file = try temporaryFile()
        defer { _ = unsafe unlink(file) }
        let names = "c-event,c-libevent,queue,reactor"
        let options = ["--subjects", names, "--n", "8", "--sizes", "64", "--json", file, "--html", "/dev/null"]
        let end = try Program.runEvlab(["compare"] + Self.quick + options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.errors.isEmpty, "no progress in a pipe")
        for words in ["echo: 8 connections x 64 B (1 process x 2 rounds)", "seed 5", "libevent 2.", "Not shown"] {
            #expect(end.output.contains(words), "\(end.output)")
        }
        let check = """
            import json, sys
            report = json.load(open(sys.argv[1]))
            assert report["seed"] == "5"
            workloads = {cell["workload"] for cell in report["cells"]}
            assert workloads >= set("echo pipeline latency accept idle pipes cascade timers wake udp fanout".split()), workloads
            for cell in report["cells"]:
                assert cell["n"] == 8, cell["n"]
                assert cell["subjects"][0]["ratio"] is None
                for subject in cell["subjects"]:
                    process, = subject["samples"]
                    assert len(process) == 2
                    for sample in process:
                        assert sample["operations"] > 0 and sample["seconds"] > 0
                        assert sample["delays"] == sorted(sample["delays"])
                    assert subject["counts"] is None
                for subject in cell["subjects"][1:]:
                    ratio = subject["ratio"]
                    assert 0 < ratio["low"] <= ratio["median"] <= ratio["high"] and ratio["pairs"] == 2
                    assert ratio["verdict"] == "-", "two pairs allow no word"
            """
        let checked = try Program.run(["python3", "-c", check, file])
        #expect(checked.code == 0, "\(checked.errors)")
    }

    @Test(
        "Instructions, allocations, system calls and memory are counted, in C as in Swift",
        .enabled(if: has("python3", "strace", "valgrind", "strip"))
    )
    func counts() throws {
        let file = try temporaryFile()
        defer { _ = unsafe unlink(file) }
        let options = ["--subjects", "c-event,event", "--n", "8", "--sizes", "64", "--counts", "--json", file]
        let end = try Program.runEvlab(["compare", "echo"] + Self.quick + options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.contains("echo: 8 connections x 64 B, counted\n"), "\(end.output)")
        #expect(end.output.contains("instructions/message"), "\(end.output)")
        let check = """
            import json, sys
            cell, = json.load(open(sys.argv[1]))["cells"]
            for subject in cell["subjects"]:
                message, connection = subject["counts"]["operation"], subject["counts"]["connection"]
                assert message["instructions"] > 50, message
                assert 0 <= message["allocations"] < 10, message
                # A read and a write, and a share of waits: one and a timer for each message at most, and some more by chance.
                others = message["systemCalls"] - message["waits"]
                assert 1.9 < others < 2.2 and message["waits"] < 2.7, message
                assert connection["instructions"] > 50 and connection["allocations"] > 0.5, connection
                assert connection["systemCalls"] > 2 and 0 < connection["memory"] < 100_000, connection
            c, swift = cell["subjects"]
            ratio = swift["counts"]["operation"]["instructions"] / c["counts"]["operation"]["instructions"]
            assert abs(ratio - swift["instructionsToTwin"]) < 0.001, swift
            """
        let checked = try Program.run(["python3", "-c", check, file])
        #expect(checked.code == 0, "\(checked.errors)")
    }

    @Test("Where a tool that counts is missing, a line says so, and the rest is measured")
    func missingTools() throws {
        let options = ["--subjects", "c-event", "--n", "8", "--sizes", "64", "--counts"]
        // There is nothing on PATH.
        let shell = "PATH=/nonexistent exec \"$0\" \"$@\""
        let end = try Program.run(["sh", "-c", shell, Program.evlabPath, "compare", "echo"] + Self.quick + options)
        #expect(end.code == 0, "\(end.errors)")
        for words in [
            "echo: 8 connections x 64 B (1 process x 2 rounds)",
            "Instructions and allocations are missing: they need valgrind (apt-get install valgrind)",
            "System calls are missing: they need strace (apt-get install strace)", "bytes/connection",
        ] { #expect(end.output.contains(words), "\(end.output)") }
    }

    @Test("Every subject of echo is measured")
    func everySubject() throws {
        let names = EchoSubject.allCases.map(\.rawValue)
        let options = ["--n", "2", "--sizes", "64", "--subjects", names.joined(separator: ",")]
        let end = try Program.runEvlab(
            ["compare", "echo", "--processes", "1", "--rounds", "1", "--seconds", "0.001", "--no-counts"] + options
        )
        #expect(end.code == 0, "\(end.errors)")
        for name in names { #expect(end.output.contains("\n\(name) "), "\(end.output)") }
    }

    @Test("Too few descriptors scale it down, with a line that says so")
    func fewDescriptors() throws {
        let options = ["--n", "500", "--sizes", "64", "--subjects", "c-event"] + Self.quick
        let shell = "ulimit -n 128; exec \"$0\" \"$@\""
        let end = try Program.run(["sh", "-c", shell, Program.evlabPath, "compare", "echo"] + options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.contains("echo: 500 connections x 64 B need more than 128 descriptors"))
        #expect(end.output.contains("echo: 64 connections x 64 B"))
    }

    @Test("A peer that echoes is measured beside ours", .enabled(if: has("python3")))
    func peer() throws {
        let options = ["--n", "2", "--sizes", "64", "--subjects", "c-event", "--peer", "honest=" + client("echo_peer")]
        let end = try Program.runEvlab(["compare", "echo"] + Self.quick + options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.contains("\nhonest "), "\(end.output)")
    }

    @Test(
        "Who alters one byte, or loses one event, is found before anything is timed",
        .enabled(if: has("python3")),
        arguments: [
            ("altered", "4 KiB: byte 4095 is"), ("deaf", "1 MiB and the end: only 1048576 bytes came back"),
            ("short", "64 B: the end after 0 bytes"),
        ]
    )
    func liars(_ name: String, _ difference: String) throws {
        // Only silence takes all of the patience, which honest servers have as well; none of them is timed.
        let options = [
            "--n", "2", "--sizes", "64", "--subjects", "c-event", "--patience", name == "deaf" ? "30" : "60",
        ]
        let peer = ["--peer", "\(name)=" + client("echo_peer")]
        let end = try Program.runEvlab(["compare", "echo"] + Self.quick + options + peer)
        #expect(end.code == 1)
        #expect(end.output.isEmpty, "nothing was timed")
        #expect(
            end.errors.hasPrefix("evlab: nothing is timed, for these do not do the same: echo, step"),
            "\(end.errors)"
        )
        #expect(end.errors.contains("\(name) says '\(difference)"), "\(end.errors)")
        #expect(end.errors.contains("where c-event says"))
    }

    @Test("An earlier run is the baseline of a later one; a file that is none is refused before any work")
    func baseline() throws {
        let file = try temporaryFile()
        defer { _ = unsafe unlink(file) }
        let options = Self.quick + ["--subjects", "c-libevent,queue", "--n", "100"]
        let refused = try Program.runEvlab(["compare", "timers", "--baseline", file] + options)
        #expect(refused.code == 1)
        #expect(refused.errors == "evlab: --baseline \(file) is not what --json writes\n")
        #expect(try Program.runEvlab(["compare", "timers", "--json", file] + options).code == 0)
        let end = try Program.runEvlab(["compare", "timers", "--baseline", file] + options)
        // Two settings, one subject beside the reference in each; whether one has lost is for the clock to say.
        #expect(end.output.contains(" of 2 subjects lost\n"), "\(end.output)\(end.errors)")
    }

    @Test("A run is reported again from its measurements, all of it or a part, as a page and as a picture")
    func again() throws {
        let (file, page, picture) = (try temporaryFile(), try temporaryFile(), try temporaryFile())
        defer { for path in [file, page, picture] { _ = unsafe unlink(path) } }
        let options = Self.quick + ["--subjects", "c-libevent,queue,reactor", "--n", "100,200", "--json", file]
        let first = try Program.runEvlab(["compare", "timers"] + options)
        #expect(first.code == 0, "\(first.errors)")
        let again = try Program.runEvlab(["compare", "timers", "--from", file])
        #expect(again.output == first.output, "\(again.errors)")
        let part = ["--n", "200", "--subjects", "queue", "--html", page, "--svg", picture]
        let narrowed = try Program.runEvlab(["compare", "--from", file] + part)
        #expect(narrowed.code == 0, "\(narrowed.errors)")
        #expect(narrowed.output.contains("timers: 200 timers") && !narrowed.output.contains("timers: 100 timers"))
        #expect(!narrowed.output.contains("\nreactor "))
        #expect(try Program.run(["head", "-c", "4", picture]).output == "<svg")
        let title = "<title>How many times as fast as c-libevent, "
        #expect(try Program.run(["grep", "-c", title, picture]).output == "1\n")
        #expect(try Program.run(["head", "-c", "15", page]).output == "<!DOCTYPE html>")
        let refused = try Program.runEvlab(["compare", "--from", picture])
        #expect(refused.code == 1)
        #expect(refused.errors == "evlab: --from \(picture) is not what --json writes\n")
    }

    @Test("Two runs that contradict each other are told apart from two that agree", .enabled(if: has("python3")))
    func agreement() throws {
        let (file, other) = (try temporaryFile(), try temporaryFile())
        defer { for path in [file, other] { _ = unsafe unlink(path) } }
        let options = Self.quick + ["--subjects", "c-libevent,queue", "--n", "100", "--json", file]
        #expect(try Program.runEvlab(["compare", "timers"] + options).code == 0)
        // Whatever the clock said, one run now says faster, and the other something else.
        func say(_ word: String, _ path: String) throws {
            let change = "s/\"verdict\": \"[a-z-]*\"/\"verdict\": \"\(word)\"/g"
            #expect(try Program.run(["sh", "-c", "sed '\(change)' \(file) > \(path)"]).code == 0)
        }
        let first = try temporaryFile()
        defer { _ = unsafe unlink(first) }
        try say("faster", first)
        for (word, code) in [("faster", 0), ("-", 0), ("slower", 1), ("equal", 1)] {
            try say(word, other)
            let end = try Program.run(["python3", source("scripts/agree"), first, other])
            #expect(end.code == code, "\(word): \(end.output)\(end.errors)")
            #expect(end.output.contains("contradicted \(code == 0 ? 0 : 2)\n"), "\(end.output)")
        }
        #expect(try Program.run(["python3", source("scripts/agree"), first, "/dev/null"]).code == 1)
    }

    @Test("An interruption ends it and everything that it started", arguments: [SIGINT, SIGTERM, SIGKILL])
    func interruption(_ signal: CInt) throws {
        var program = try Program.evlab(["compare", "echo", "--rounds", "1000", "--seconds", "60"])
        let id = program.id
        var children: [pid_t] = []
        #expect(
            eventually {
                children = Self.children(of: id)
                return children.contains { Self.isRunningEvlab($0) }
            }
        )
        program.send(signal)
        let end = try program.end()
        #expect(end.code == (signal == SIGKILL ? 128 + SIGKILL : 130))
        #expect(end.errors == (signal == SIGKILL ? "" : "evlab: interrupted\n"))
        #expect(eventually { !children.contains { Self.isRunningEvlab($0) } })
    }

    private static func children(of process: pid_t) -> [pid_t] {
        guard let names = try? entries(of: "/proc") else { return [] }
        return names.compactMap { pid_t($0) }.filter { parent(of: $0) == process }
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let stat = text(of: "/proc/\(process)/stat"), let name = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[name...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }

    private static func isRunningEvlab(_ process: pid_t) -> Bool {
        text(of: "/proc/\(process)/cmdline")?.contains("evlab\0serve") ?? false
    }

    private static func text(of path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    @Test("The load generator notices bytes that came back changed", .enabled(if: has("python3")))
    func liar() throws {
        var liar = try Program.start(["python3", client("lying_server")])
        let address = try liar.line().dropFirst("listening on ".count)
        let end = try Program.runEvlab(
            ["generate", "--connect", String(address), "--connections", "1", "--size", "64", "--messages", "5"]
        )
        #expect(end.code == 1)
        #expect(end.errors == "evlab: the server sent back other bytes than it got\n")
    }

    @Test("The load generator sends exactly as many messages as it is told", arguments: [1, 7, 1000])
    func exactCount(_ messages: Int) throws {
        var server = try Server.start(EchoVariant.interfaces[1])
        let options = ["--connections", "3", "--size", "100", "--messages", String(messages)]
        let end = try Program.runEvlab(["generate", "--connect", server.address.description] + options)
        #expect(end.code == 0, "\(end.errors)")
        #expect(try server.stop() == "connections: 3, refused: 0, bytes sent back: \(messages * 100)\n")
    }
}
