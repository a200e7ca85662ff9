import Glibc
import Testing

/// Standard streams that are files: nothing of them can be waited for by epoll.
@Suite("Standard streams that are files")
struct StandardStreamsTests {
    private static let servers = ["echo", "chat", "lt-et", "oneshot", "oob", "idle", "resp"]

    @Test(
        "A server writes its lines to a file",
        .bug(id: "standard-streams-are-files"),
        arguments: servers,
        ["/dev/null", "the file itself"]
    )
    func server(_ demo: String, _ input: String) throws {
        let path = "/tmp/evlab-\(demo)-\(input.first == "/" ? "null" : "file")-\(getpid())"
        defer { unsafe unlink(path) }
        let input = input.first == "/" ? input : path
        let script = "echo >\(path); exec \"$0\" demo \(demo) --port 0 <\(input) >>\(path) 2>>\(path)"
        var program = try Program.start(["sh", "-c", script, Program.evlabPath])
        func lines() throws -> [Substring] {
            try Program.run(["cat", path]).output.split(separator: "\n")
        }
        #expect(try eventually { try lines().first?.contains("listening on 127.0.0.1:") ?? false })
        program.send(SIGTERM)
        #expect(try program.end().code == 0)
        #expect(try lines().count >= 2)
    }

    @Test(
        "A demonstration that runs by itself writes the same to a file",
        .bug(id: "standard-streams-are-files"),
        arguments: ["conditions", "stale", "list"]
    )
    func byItself(_ demo: String) throws {
        let path = "/tmp/evlab-\(demo)-\(getpid())"
        defer { unsafe unlink(path) }
        let script = "\"$0\" demo \(demo) </dev/null >\(path) && cat \(path)"
        let end = try Program.run(["sh", "-c", script, Program.evlabPath])
        #expect(end.code == 0)
        #expect(try end.output.count == Program.runEvlab(["demo", demo]).output.count)
    }
}
