import Glibc
import Sockets
import Testing

/// A classic listing forgets to empty the set of writable sockets before it fills it, leaks the socket when it gives up, and
/// takes an interrupted wait for a failed connect.
@Suite("demo connect", .serialized)
struct ConnectDemoTests {
    private static func start(_ arguments: String..., on variant: DemoVariant) throws -> Program {
        try Program.evlab(["demo", "connect"] + arguments + variant.arguments)
    }

    /// The counts of a row: established, refused, timed out, unreachable, failed, abandoned.
    private static func counts(_ line: Substring) -> [Int] {
        line.split(separator: " ").dropFirst().prefix(6).compactMap { Int($0) }
    }

    private static func rows(_ output: String) -> [[Int]] {
        // The table comes last, with a row of titles.
        let lines = output.split(separator: "\n")
        guard let titles = lines.lastIndex(where: { $0.hasPrefix("target ") }) else { return [] }
        return lines[titles...].dropFirst().map(counts)
    }

    @Test("Each way to end, many at once, each told once", arguments: DemoVariant.all)
    func outcomes(_ variant: DemoVariant) throws {
        var program = try Self.start("--times", "20", "--within", "1", on: variant)
        let end = try program.end()
        #expect(end.code == 0, "\(end.errors)")
        #expect(
            Self.rows(end.output) == [
                [20, 0, 0, 0, 0, 0], [0, 20, 0, 0, 0, 0], [0, 0, 20, 0, 0, 0], [0, 0, 0, 20, 0, 0],
            ]
        )
        #expect(end.output.split(separator: "\n").count { $0.contains(" after ") } == 80)
    }

    @Test("Places that nobody here wrote", .enabled(if: has("nc")), arguments: DemoVariant.all)
    func otherServers(_ variant: DemoVariant) throws {
        // Taken, and nobody listens.
        let closed = try Socket.bound(to: .loopback(port: 0), .stream)
        let refusing = try closed.localAddress()
        var listener = try Program.start(["sh", "-c", "exec nc -v -l 127.0.0.1 0 2>&1"])
        let port = try #require(listener.line().split(separator: " ").last)
        var program = try Self.start("127.0.0.1:\(port)", "\(refusing)", "--within", "300", on: variant)
        let end = try program.end()
        #expect(Self.rows(end.output) == [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], "\(end.output)\(end.errors)")
        // It serves one connection, and has had it.
        #expect(try listener.end().code == 0)
        closed.close()
    }

    @Test("A stop of the process in the midst of the wait changes nothing", arguments: DemoVariant.all)
    func interruptedWait(_ variant: DemoVariant) throws {
        var program = try Self.start("--times", "1", "--within", "1", on: variant)
        for _ in 0..<3 { _ = try program.line() }
        // Interrupts every wait of the kernel.
        for _ in 0..<20 {
            program.send(SIGSTOP)
            program.send(SIGCONT)
        }
        let end = try program.end()
        #expect(end.code == 0)
        #expect(
            Self.rows(end.output) == [
                [1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0],
            ]
        )
    }

    @Test("At a signal it tells what it knows", arguments: DemoVariant.all)
    func signal(_ variant: DemoVariant) throws {
        var program = try Self.start("--times", "1", "--within", "600", on: variant)
        for _ in 0..<3 { _ = try program.line() }
        program.send(SIGINT)
        let end = try program.end()
        #expect(end.code == 0)
        #expect(
            Self.rows(end.output) == [
                [1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0],
            ]
        )
    }

    @Test("A socket is closed with its outcome", arguments: DemoVariant.engines)
    func closed(_ variant: DemoVariant) throws {
        // Those that wait are the only difference: of four connects the one that nobody answers.
        let counts = try [1, 11].map { times in
            var program = try Self.start("--times", "\(times)", "--within", "600", on: variant)
            for _ in 0..<3 * times { _ = try program.line() }
            return try entries(of: "/proc/\(program.id)/fd").count
        }
        #expect(counts[1] - counts[0] == 10)
    }

    @Test("Each socket is closed, whatever became of it", .enabled(if: has("strace")), arguments: DemoVariant.engines)
    func noLeak(_ variant: DemoVariant) throws {
        let command = [Program.evlabPath, "demo", "connect", "--times", "10", "--within", "0.5"] + variant.arguments
        let options = ["-e", "trace=socket,close", "-e", "signal=none"]
        let end = try Program.run(["strace"] + options + command)
        var open: Set<Substring> = []
        var made = 0
        for line in end.errors.split(separator: "\n") {
            let result = line.split(separator: " ").last ?? ""
            if line.hasPrefix("socket(AF_INET, SOCK_STREAM"), !result.contains("-") {
                made += 1
                open.insert(result)
            }
            if line.hasPrefix("close(") { open.remove(line.dropFirst(6).prefix { $0 != ")" }) }
        }
        #expect(made >= 40, "\(end.errors)")
        #expect(open.isEmpty)
    }
}
