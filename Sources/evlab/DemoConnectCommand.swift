internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Many connects at once, none of which waits for another.",
        discussion: """
            Runs by itself:     evlab demo connect
            To other places:    evlab demo connect 127.0.0.1:22 192.0.2.1:80 --within 5
            Without a place it connects to four of this machine, one for each way to end. Watch the times: the one that \
            nobody answers takes as long as it is given, and the others do not wait for it. Each outcome is told once, when \
            it is known; the table at the end counts them. With --times 1000 and strace -c you see that all of it is one \
            thread in one wait.
            """
    )

    @Argument(help: ArgumentHelp("Where to connect to.", valueName: "host:port"))
    var targets: [String] = []
    @Option(help: "How many connects to each, 1 to 4000. (default: 5, or 1 where a place is named)")
    var times: Int?
    @Option(help: "How many seconds all of them together may take, up to 600.")
    var within = 2.0
    @OptionGroup var engine: EngineOptions

    func validate() throws {
        _ = try parse()
        if let times, !(1...4000).contains(times) { throw ValidationError("--times \(times): use 1 to 4000") }
        guard within >= 0, within <= 600 else { throw ValidationError("--within \(within): use 0 to 600 seconds") }
    }

    private func parse() throws -> [SocketAddress] {
        try targets.map { text in
            do throws(IOError) {
                return try SocketAddress(parsing: text)
            } catch {
                throw ValidationError(error.detail)
            }
        }
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
            let reason = report.error.map { " (\($0))" } ?? ""
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
