import Glibc
import Testing

/// `evlab crosscheck` as its users see it; what it checks has tests of its own.
@Suite
struct CrossCheckCommandTests {
    @Test
    func `A seed is repeated: every level is summed up, and written down`() throws {
        let path = "/tmp/evlab-crosscheck-\(getpid()).jsonl"
        defer { unsafe unlink(path) }
        let end = try Program.runEvlab(["crosscheck", "--seed", "1", "--steps", "300", "--json", path])
        #expect(end.code == 0, "\(end.errors)")
        #expect(end.output.hasPrefix("seed 1\nSeed 1: "))
        for title in ["DESCRIPTORS", "LOOPS", "SERVERS"] { #expect(end.output.contains("\n\(title)\n")) }
        #expect(end.output.hasSuffix("\nNo difference is unexplained.\n"))
        let count = """
            import json, sys
            lines = [json.loads(line) for line in open(sys.argv[1])]
            names = ["operation", "loopTasks", "clientSteps"]
            print(*[sum(name in line for line in lines) > 0 for name in names], {line["seed"] for line in lines})
            """
        #expect(try Program.run(["python3", "-c", count, path]).output == "True True True {'1'}\n")
    }

    @Test
    func `Ctrl-C ends it with the summary so far`() throws {
        var program = try Program.evlab(["crosscheck", "--seed", "2", "--seconds", "600"])
        #expect(try program.line() == "seed 2")
        program.send(SIGINT)
        let end = try program.end()
        #expect(end.code == 130)
        #expect(end.errors.isEmpty)
        #expect(end.output.contains(", ended by a signal.\n"))
    }
}
