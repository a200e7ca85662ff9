import Glibc
import Sockets
import Testing

/// The comparison as a user runs it. One at a time: it measures.
@Suite(.serialized)
struct CompareTests {
    private static let quick = ["--rounds", "1", "--seconds", "0.05", "--connections", "4"]

    private func temporaryFile() throws -> String {
        try String(Program.run(["mktemp"]).output.dropLast())
    }

    @Test("Every server is measured", .enabled(if: has("python3", "strace")))
    func everything() throws {
        let file = try temporaryFile()
        defer { _ = unsafe unlink(file) }
        let end = try Program.runEvlab(
            ["compare", "echo"] + Self.quick + ["--sizes", "4K", "--seed", "5", "--json", file]
        )
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.errors.isEmpty, "no progress in a pipe")
        for words in ["4 connections x 4 KiB", "seed 5", "libevent 2.", "Not shown"] {
            #expect(end.output.contains(words), "\(end.output)")
        }
        let check = """
            import json, sys
            report = json.load(open(sys.argv[1]))
            cell, = report["cells"]
            assert (cell["connections"], cell["size"]) == (4, 4096)
            names = [s["name"] for s in cell["subjects"]]
            assert names == "c-event c-bufferevent c-epoll-lt c-epoll-et event bufferevent multiplexer reactor " \\
                "chunks-native async-native chunks-libevent async-libevent".split(), names
            for subject in cell["subjects"]:
                sample, = subject["samples"]
                assert sample["messages"] > 0 and sample["serverCPU"] > 0
                assert 0 < sample["p50"] <= sample["p99"] <= sample["max"]
                assert 1 < subject["systemCallsPerMessage"] < 20, subject
            assert cell["subjects"][0]["ratio"] == {"median": 1.0, "lowest": 1.0, "highest": 1.0}
            """
        let checked = try Program.run(["python3", "-c", check, file])
        #expect(checked.code == 0, "\(checked.errors)")
    }

    @Test("Without a workload all are compared, and every size of each")
    func allWorkloads() throws {
        let options = ["--rounds", "2", "--seconds", "0.05", "--connections", "1,3", "--sizes", "64,2K"]
        let end = try Program.runEvlab(["compare", "--subjects", "c-epoll-et"] + options)
        #expect(end.code == 0, "\(end.errors)")
        for cell in ["1 connection x 64 B", "1 connection x 2 KiB", "3 connections x 64 B", "3 connections x 2 KiB"] {
            #expect(end.output.contains("echo: \(cell), median of 2 rounds of 0.05 s\n"))
        }
    }

    @Test("Too few descriptors scale it down, with a line that says so")
    func fewDescriptors() throws {
        let options = ["--rounds", "1", "--seconds", "0.05", "--connections", "500", "--sizes", "64"]
        let shell = "ulimit -n 128; exec \"$0\" \"$@\""
        let command = [Program.evlabPath, "compare", "echo", "--subjects", "c-event"] + options
        let end = try Program.run(["sh", "-c", shell] + command)
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.hasPrefix("500 connections need more than 128 descriptors"))
        #expect(end.output.contains("96 connections x 64 B"))
    }

    @Test("An interruption ends it and everything that it started", arguments: [SIGINT, SIGTERM, SIGKILL])
    func interruption(_ signal: CInt) throws {
        var program = try Program.evlab(["compare", "echo", "--rounds", "1000"])
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
