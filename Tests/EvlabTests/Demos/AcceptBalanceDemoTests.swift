import EvlabDemos
import Glibc
import Testing

@Suite("demo accept-balance", .serialized)
struct AcceptBalanceDemoTests {
    /// A row of a table: what a thread got.
    private struct Row {
        let accepted: Int
        let woken: Int
        let inVain: Int

        init(_ line: Substring) throws {
            let numbers = line.split(separator: " ").compactMap { Int($0) }.suffix(4)
            let text = "'\(line)' is no row"
            accepted = try #require(numbers.first, "\(text)")
            woken = try #require(numbers.dropLast().last, "\(text)")
            inVain = try #require(numbers.last, "\(text)")
        }
    }

    /// The rows of the threads, and the one of all of them.
    private static func rows(_ way: String, _ variant: DemoVariant, _ arguments: String...) throws -> [Row] {
        let end = try Program.runEvlab(
            ["demo", "accept-balance", "--way", way, "--connections", "200"] + arguments + variant.arguments
        )
        #expect(end.code == 0, "\(end.errors)")
        let lines = end.output.split(separator: "\n")
        #expect(lines.first?[...] == way[...])
        return try lines.dropFirst(2).map(Row.init)
    }

    @Test(
        "Every connection is accepted once, and every wake-up is counted",
        arguments: ["shared", "reuse-port"],
        DemoVariant.all
    )
    func counts(_ way: String, _ variant: DemoVariant) throws {
        let rows = try Self.rows(way, variant, "--threads", "3")
        #expect(rows.count == 4)
        for row in rows { #expect(row.woken == row.accepted + row.inVain) }
        #expect(rows.last?.accepted == 200)
        #expect(rows.dropLast().reduce(0) { $0 + $1.accepted } == 200)
        guard way == "reuse-port" else { return }
        // Nobody shares a queue, and the kernel leaves out nobody.
        #expect(rows.allSatisfy { $0.inVain == 0 && $0.accepted > 0 })
    }

    @Test("Exclusive wake-up is for the native epoll")
    func exclusive() throws {
        let native = DemoVariant.engines.filter { $0.engine == "native" }
        for variant in native {
            let rows = try Self.rows("exclusive", variant, "--at-once", "1")
            #expect(rows.last?.accepted == 200)
            for row in rows { #expect(row.woken == row.accepted + row.inVain) }
        }
    }

    @Test("As many ways as an engine can", arguments: DemoVariant.all)
    func ways(_ variant: DemoVariant) throws {
        let end = try Program.runEvlab(["demo", "accept-balance", "--connections", "10"] + variant.arguments)
        let names = end.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        let hasExclusive = variant.description == "native epoll"
        #expect(names == (hasExclusive ? ["shared", "exclusive", "reuse-port"] : ["shared", "reuse-port"]))
    }

    @Test("At a signal it tells what it has counted", arguments: DemoVariant.engines)
    func signal(_ variant: DemoVariant) throws {
        var program = try Program.evlab(
            ["demo", "accept-balance", "--connections", "10000000"] + variant.arguments
        )
        // The signals are heeded before the four threads begin.
        #expect(try eventually { try entries(of: "/proc/\(program.id)/task").count > 4 })
        program.send(SIGINT)
        let end = try program.end()
        #expect(end.code == 0, "\(end.errors)")
        let lines = end.output.split(separator: "\n")
        // The next way has not begun.
        #expect(lines.count == 7 && lines.first == "shared")
        let all = try lines.last.map { try Row($0) }
        #expect(try #require(all).accepted < 10_000_000)
    }

    // Not with libevent: where there are no descriptors, it may end the process when a base is made.
    @Test(
        "When a thread cannot begin, all end, and one line says why",
        arguments: DemoVariant.all.filter { $0.engine == "native" }
    )
    func noDescriptors(_ variant: DemoVariant) throws {
        let command = [Program.evlabPath, "demo", "accept-balance", "--threads", "30"] + variant.arguments
        let end = try Program.run(["sh", "-c", "ulimit -n 30; exec \"$0\" \"$@\""] + command)
        #expect(end.code == 1)
        #expect(end.errors.split(separator: "\n").count == 1)
    }
}
