import Glibc
import Testing

/// Signals that the shell sends.
@Suite("demo signals", .serialized)
struct SignalsDemoTests {
    private static let ways = ["hub", "signalfd"]

    private static func start(_ way: String, on variant: DemoVariant) throws -> Program {
        var program = try Program.evlab(["demo", "signals", "--by", way] + variant.arguments)
        let line = try program.line()
        #expect(line == "process \(program.id) waits for SIGHUP, SIGALRM, SIGUSR1, SIGUSR2, SIGWINCH")
        return program
    }

    /// Sends signals, one after another; the process that did.
    @discardableResult
    private static func kill(_ program: borrowing Program, _ signals: String...) throws -> String {
        let script = signals.map { "kill -\($0) \(program.id) && " }.joined() + "echo $$"
        let end = try Program.run(["sh", "-c", script])
        #expect(end.code == 0, "\(end.errors)")
        return String(end.output.dropLast())
    }

    @Test("Each signal comes as an event, whatever the loop is", arguments: ways, DemoVariant.all)
    func events(_ way: String, _ variant: DemoVariant) throws {
        var program = try Self.start(way, on: variant)
        for name in ["HUP", "ALRM", "USR1", "USR2", "WINCH", "USR1"] {
            let sender = try Self.kill(program, name)
            // Only the descriptor tells who it was.
            #expect(try program.line() == "SIG\(name)" + (way == "hub" ? "" : " from process \(sender)"))
        }
        try Self.kill(program, "INT")
        let end = try program.end()
        #expect(end.code == 0)
        #expect(end.output == "SIGHUP: 1, SIGALRM: 1, SIGUSR1: 2, SIGUSR2: 1, SIGWINCH: 1\n")
        #expect(end.errors.isEmpty)
    }

    @Test("Equal signals that are pending together are one", arguments: ways, DemoVariant.engines)
    func coalescing(_ way: String, _ variant: DemoVariant) throws {
        var program = try Self.start(way, on: variant)
        // Until it has stopped it may still take what comes next.
        try Self.kill(program, "STOP")
        let isStopped = try eventually { try Self.status("State", of: program.id) == "T" }
        #expect(isStopped)
        try Self.kill(program, "USR1", "USR1", "USR1", "HUP", "USR1", "CONT")
        let heard = Set([try program.line(), try program.line()].map { $0.prefix { $0 != " " } })
        #expect(heard == ["SIGHUP", "SIGUSR1"])
        try Self.kill(program, "TERM")
        #expect(try program.end().output == "SIGHUP: 1, SIGALRM: 0, SIGUSR1: 1, SIGUSR2: 0, SIGWINCH: 0\n")
    }

    /// The signal comes with the first call that the end makes, when the loop waits for nothing any more.
    @Test(
        "What is pending when the signals are let through again is heard before, and kills nobody",
        .enabled(if: has("strace")),
        arguments: DemoVariant.engines
    )
    func pendingAtTheEnd(_ variant: DemoVariant) throws {
        var program = try Self.start("signalfd", on: variant)
        let options = ["-o", "/dev/null", "-e", "trace=read", "-e", "inject=read:signal=SIGUSR1:when=1"]
        let shell = ["sh", "-c", "exec strace \"$@\" 2>&1", "sh"]
        var tracer = try Program.start(shell + options + ["-p", "\(program.id)"])
        while try !tracer.line().contains(" attached") {}
        try Self.kill(program, "TERM")
        let end = try program.end()
        #expect(end.code == 0)
        #expect(end.output.hasSuffix("SIGHUP: 0, SIGALRM: 0, SIGUSR1: 1, SIGUSR2: 0, SIGWINCH: 0\n"), "\(end.output)")
    }

    /// The first word of what `/proc` says of a process.
    private static func status(_ field: String, of process: pid_t) throws -> String {
        let line = try Program.run(["grep", "^\(field):", "/proc/\(process)/status"]).output
        let words = line.split { " \t\n".contains($0) }
        return words.count > 1 ? String(words[1]) : ""
    }

    @Test("A descriptor whose signals are not blocked hears nothing", arguments: DemoVariant.engines)
    func unblocked(_ variant: DemoVariant) throws {
        var deaf = try Self.start("signalfd-unblocked", on: variant)
        // Ignored unless somebody cares, so it is lost.
        try Self.kill(deaf, "WINCH", "WINCH", "TERM")
        let end = try deaf.end()
        #expect(end.code == 0)
        #expect(end.output == "SIGHUP: 0, SIGALRM: 0, SIGUSR1: 0, SIGUSR2: 0, SIGWINCH: 0\n")

        var victim = try Self.start("signalfd-unblocked", on: variant)
        try Self.kill(victim, "USR1")
        #expect(try victim.end().code == 128 + SIGUSR1)
    }

    /// A classic handler writes to a pipe, and waits in there for ever once the pipe is full. Nobody reads the output
    /// meanwhile, and it does not block: no line may be lost for that.
    @Test("A storm of signals neither blocks nor kills", arguments: ways, DemoVariant.engines)
    func storm(_ way: String, _ variant: DemoVariant) throws {
        var program = try Self.start(way, on: variant)
        for _ in 0..<20_000 {
            program.send(SIGUSR1)
            program.send(SIGWINCH)
        }
        program.send(SIGHUP)
        while try !program.line().hasPrefix("SIGHUP") {}
        try Self.kill(program, "INT")
        let end = try program.end()
        #expect(end.code == 0)
        #expect(end.output.hasPrefix("SIGHUP: 1, ") || end.output.contains("\nSIGHUP: 1, "))
    }
}
