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
        var program = try Self.start("--times", "20", "--within", "5", on: variant)
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

    /// A network of the test's own, in which the kernel has one port to choose from.
    private static let withOnePort = [
        "unshare", "-rn", "sh", "-c",
        """
        ip link set lo up && echo "40000 40000" >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"
        """, "sh",
    ]

    /// Where users may not make networks, the tests of sockets alone show it.
    private static let hasNetworks = (try? Program.run(withOnePort + ["true"]).code) == 0

    @Test(
        "A port on which nobody listens, and from which the kernel connects to it, refuses",
        .bug(id: "connect-to-itself"),
        .enabled(if: hasNetworks),
        arguments: DemoVariant.all
    )
    func connectedToItself(_ variant: DemoVariant) throws {
        let end = try Program.run(
            Self.withOnePort + [Program.evlabPath, "demo", "connect", "127.0.0.1:40000"] + variant.arguments
        )
        #expect(Self.rows(end.output) == [[0, 1, 0, 0, 0, 0]], "\(end.output)\(end.errors)")
        #expect(end.output.contains("connected to itself"))
    }

    /// To stop the process and let it go on would interrupt waits of epoll alone: the kernel begins the others anew by itself.
    @Test(
        "A wait that is interrupted, three times over, is no outcome",
        .enabled(if: has("strace")),
        arguments: DemoVariant.all
    )
    func interruptedWait(_ variant: DemoVariant) throws {
        // With a time-out of zero no wait is ever interrupted, and that is how the native engine uses epoll_wait here.
        let waits = "?epoll_pwait2,?poll,ppoll,?select,pselect6" + (variant.engine == "libevent" ? ",?epoll_wait" : "")
        let name = "connect-\(variant.engine)-\(variant.method)"
        let trace = CallTrace(name, of: waits, "-e", "inject=\(waits):error=EINTR:when=1..3")
        defer { trace.remove() }
        let command = ["demo", "connect", "--times", "1", "--within", "5"] + variant.arguments
        let end = try Program.run(trace.command + [Program.evlabPath] + command)
        #expect(end.code == 0, "\(end.errors)")
        // Besides, the last look, when the time is over, asks by a poll that does not wait.
        let interrupted = try trace.calls.filter { $0.contains("EINTR") && $0.contains("INJECTED") }
        #expect(interrupted.count { !$0.contains("], 1, 0)") } == 3, "\(interrupted)")
        #expect(
            Self.rows(end.output) == [
                [1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0],
            ]
        )
    }

    /// A set that is not emptied before it is filled names whatever the stack held.
    @Test(
        "select is asked for the sockets that are under way, and for no others",
        .enabled(if: has("strace")),
        arguments: DemoVariant.all.filter { $0.method == "select" }
    )
    func selectSets(_ variant: DemoVariant) throws {
        let trace = CallTrace("sets-\(variant.engine)", of: "connect,close,?select,pselect6", "-v")
        defer { trace.remove() }
        let command = ["demo", "connect", "--times", "10", "--within", "0.5"] + variant.arguments
        let end = try Program.run(trace.command + [Program.evlabPath] + command)
        #expect(end.code == 0, "\(end.errors)")
        var underWay: Set<Substring> = []
        var most = 0
        for call in try trace.calls {
            let words = call.split { "()[], ".contains($0) }
            switch words.first {
            case "connect" where call.contains("EINPROGRESS"): underWay.insert(words[1])
            case "close": underWay.remove(words[1])
            case "select", "pselect6":
                let asked = try Self.writeSet(call)
                #expect(asked.isSubset(of: underWay), "\(call)")
                most = max(most, asked.count)
            default: break
            }
        }
        // Those that are refused or established are gone when the next wait begins.
        #expect(most == 30)
    }

    /// The second set of a call such as `select(9, [3 4], [5 6], NULL, {...}) = 1 (out [5])`.
    private static func writeSet(_ call: Substring) throws -> Set<Substring> {
        let sets = call.split(separator: ", ", maxSplits: 3)
        let set = try #require(sets.count > 3 ? sets[2] : nil, "\(call)")
        return Set(set.split { "[] ".contains($0) }.filter { $0 != "NULL" })
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
