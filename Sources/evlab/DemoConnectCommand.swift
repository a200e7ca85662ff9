internal import ArgumentParser
internal import EvlabDemos
internal import Sockets
internal import SystemPackage

struct DemoConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Many connects at once, none of which waits for another.",
        discussion: """
            Runs by itself:     evlab demo connect
            To other places:    evlab demo connect 127.0.0.1:22 192.0.2.1:80 --within 5
            Without a place it connects to four of this machine, one for each way to end: a listener, a port where nobody \
            listens, a listener whose backlog is full so that nobody answers, and an address to which no way leads. Watch \
            the times: the one that nobody answers takes as long as it is given, and the others do not wait for it. Each \
            outcome is told once, when it is known; the table at the end counts them. That all of it is one thread in one \
            wait shows: strace -cf evlab demo connect --times 1000 >/dev/null
            """
    )

    @Argument(help: ArgumentHelp("Where to connect to.", valueName: "host:port"))
    var targets: [String] = []
    @Option(
        parsing: .unconditional,
        help: "How many connects to each, 1 to 4000. (default: 5, or 1 where a place is named)",
        transform: number(in: 1...4000)
    )
    var times: Int?
    @Option(
        parsing: .unconditional,
        help: "How many seconds all of them together may take, 0 to 600. (default: 2)",
        transform: seconds(in: 0...600)
    )
    var within = 2.0
    @OptionGroup var engine: EngineOptions

    func validate() throws {
        _ = try parse()
    }

    private func parse() throws -> [SocketAddress] {
        try targets.map(ListeningPlace.parse)
    }

    func run() throws {
        let named = try parse()
        guard named.isEmpty else { return try connect(to: named, times: times ?? 1) }
        let own = try ConnectTargets()
        try connect(to: own.addresses, times: times ?? 5)
        // Not earlier: it is what the connects end at.
        _ = consume own
    }

    private func connect(to places: [SocketAddress], times: Int) throws {
        let targets = (0..<times).flatMap { _ in places }
        let reports = try connectAll(on: engine.make(), to: targets, within: .seconds(within)) { report in
            let reason = report.error.map { " (\($0.errno?.description ?? $0.description))" } ?? ""
            Output.say("\(report.target) \(report.result.rawValue) after \(Self.milliseconds(report.time))\(reason)")
        }
        Output.say(Self.table(reports, places))
    }

    private static func table(_ reports: [ConnectReport], _ places: [SocketAddress]) -> String {
        let results = ConnectReport.Result.allCases
        var rows = [["target"] + results.map(\.rawValue) + ["last after"]]
        for place in places {
            let own = reports.filter { $0.target == place }
            let counts = results.map { result in String(own.count { $0.result == result }) }
            rows.append([place.description] + counts + [milliseconds(own.map(\.time).max() ?? .zero)])
        }
        return TextTable(rows).description
    }

    private static func milliseconds(_ time: Duration) -> String {
        let microseconds = time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000
        return "\(microseconds / 1000).\(microseconds % 1000 / 100) ms"
    }
}
