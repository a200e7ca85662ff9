internal import ArgumentParser
internal import EvlabDemos

struct DemoAcceptBalanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-balance",
        abstract: "Several threads accept on one port: who is woken, and who gets the connections.",
        discussion: """
            Runs by itself:     evlab demo accept-balance
            On select:          evlab demo accept-balance --engine libevent --method select
            It opens the connections itself and counts. Watch who is woken in vain. shared: each thread watches the same \
            socket, and a connection may wake more of them than can get it (in vain). exclusive: the kernel wakes at least \
            one, mostly one, and nearly always the same. reuse-port: a socket for each thread, spread by a hash of the \
            addresses; none is woken in vain, and none may help another. The counts in vain differ from run to run: only \
            a thread that sleeps, and finds a free processor, is woken in time to be late. None at all means that the \
            machine was busy; run it again.
            """
    )

    @Option(
        help: "shared, exclusive (native epoll only) or reuse-port. (default: all that the engine can)",
        transform: { name in try named(name) }
    )
    var way: BalanceWay?
    @Option(
        parsing: .unconditional,
        help: "How many threads accept, 1 to 64. (default: 4)",
        transform: number(in: 1...64)
    )
    var threads = 4
    @Option(
        parsing: .unconditional,
        help: "How many connections are opened, 1 to 10000000. (default: 2000)",
        transform: number(in: 1...10_000_000)
    )
    var connections = 2000
    @Option(
        parsing: .unconditional,
        help: "How many of them at a time, 1 to 1000. (default: 8)",
        transform: number(in: 1...1000)
    )
    var atOnce = 8
    @OptionGroup var engine: EngineOptions

    func validate() throws {
        guard way == .exclusive, !hasExclusive else { return }
        throw ValidationError("--way exclusive is for --engine native --method epoll: use shared or reuse-port here")
    }

    private var hasExclusive: Bool { engine.engine == .native && engine.method.method == .epoll }

    func run() throws {
        // A machine that lacks the method says so before any thread begins.
        _ = try engine.method.usable()
        let ways = way.map { [$0] } ?? BalanceWay.allCases.filter { $0 != .exclusive || hasExclusive }
        let (engine, method) = (engine.engine, engine.method.method)
        for way in ways {
            let counts = try measureAcceptBalance(way, threads: threads, connections: connections, atOnce: atOnce) {
                try engine.make(method)
            }
            Output.say("\(way.rawValue)\n\(Self.table(counts))")
            // A signal has ended it.
            guard counts.reduce(0, { $0 + $1.accepted }) == connections else { return }
        }
    }

    private static func table(_ counts: [BalanceCounts]) -> String {
        let all = counts.reduce(into: BalanceCounts()) { sum, one in
            sum.accepted += one.accepted
            sum.wakeUps += one.wakeUps
            sum.inVain += one.inVain
        }
        func row(_ name: String, _ one: BalanceCounts) -> [String] {
            let share = all.accepted == 0 ? 0 : (one.accepted * 100 + all.accepted / 2) / all.accepted
            return [name, String(one.accepted), "\(share) %", String(one.wakeUps), String(one.inVain)]
        }
        let rows = counts.enumerated().map { row("  thread \($0 + 1)", $1) } + [row("  all", all)]
        return TextTable([["  ", "accepted", "share", "woken", "in vain"]] + rows).description
    }
}
