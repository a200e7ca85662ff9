internal import CLinux
internal import Glibc
internal import Readiness
package import Sockets

/// Gives the same scripted clients to every demonstration that serves, and compares what the clients see.
///
/// The servers run on threads of this process and are kept from script to script. They end by a signal, which the whole
/// process gets: there can be one of these at a time, with nobody else in the process who heeds SIGTERM.
///
/// Thread rule: one thread.
package final class ServingCheck {
    package typealias Start = (ServerName) throws(IOError) -> any ScriptedServer

    /// A server, and what it should say of itself in the end.
    private struct Place {
        let server: any ScriptedServer
        var totals = ServedTotals()
        /// Bytes that have certainly come back.
        var bytesReceived = 0
        /// Every client has seen what it should.
        var isGood = true
    }

    private let names: [ServerName]
    private let start: Start
    private let patience: Double
    private var places: [ServerName: Place] = [:]
    /// Servers that others have replaced.
    private var retired: [any ScriptedServer] = []
    /// So that a signal never ends the process without its summary.
    private let signals: SignalMailbox
    private var wasInterrupted = false
    /// What was done so far.
    package private(set) var counts = ServingCounts()

    /// - Parameters:
    ///   - names: which servers.
    ///   - patience: seconds until what does not come is missing; a loaded machine may need many.
    ///   - start: makes a server; replaced to find out whether a broken one is found.
    /// - Throws: `noDescriptors`.
    package init(
        _ names: [ServerName] = ServerName.all,
        patience: Double = 30,
        starting start: @escaping Start = { name throws(IOError) in try DemoServer(name) }
    ) throws(IOError) {
        self.names = names
        self.start = start
        self.patience = patience
        signals = try SignalMailbox()
        try signals.subscribe(to: .terminate)
        try signals.subscribe(to: .interrupt)
    }

    /// Whether the process was told to end, as the servers then were too.
    package var isInterrupted: Bool {
        if !signals.take().isEmpty { wasInterrupted = true }
        return wasInterrupted
    }

    // MARK: Checking

    /// The first server whose clients do not see what they should; with the shortest script that shows it.
    ///
    /// - Throws: `noDescriptors`, `noMemory`, `busy`.
    package func discovery(in script: ServingScript, seed: UInt64 = 0) throws(IOError) -> ServingDiscovery? {
        let plan = ServingPlan(script)
        counts.add(plan, servers: servers(script.service).count)
        if let discovery = try discovery(seed, script, plan) { return discovery }
        guard plan.mayEndUnseen, !isInterrupted else { return nil }
        // Accepted later, who has left would get a number that other checks then watch.
        let visit = Self.visit(script.service)
        guard let alone = try discovery(seed, visit, ServingPlan(visit)) else { return nil }
        // What came before is the likely cause.
        let both = ServingScript(script.service, plan.steps.map(\.step) + visit.steps)
        return try discovery(seed, both, ServingPlan(both)) ?? alone
    }

    private func servers(_ service: Service) -> [ServerName] { names.filter { $0.service == service } }

    private func discovery(
        _ seed: UInt64,
        _ script: ServingScript,
        _ plan: ServingPlan
    ) throws(IOError) -> ServingDiscovery? {
        for name in servers(script.service) {
            let found = try run(plan, on: name, patience: patience)
            guard let difference = found.difference(from: plan.trace) else { continue }
            guard !isInterrupted else { return nil }
            return try discover(seed, script, name, found, difference)
        }
        return nil
    }

    /// Whoever comes last is accepted last.
    private static func visit(_ service: Service) -> ServingScript {
        ServingScript(service, [.connect(0), .send(0, bytes: 1), .introduce(0), .end(0)])
    }

    private func run(_ plan: ServingPlan, on name: ServerName, patience: Double) throws(IOError) -> ServingTrace {
        var place = try place(name)
        let found = ServingRun(plan: plan, address: place.server.address, patience: patience).trace()
        place.totals.add(plan.totals)
        if name.service == .echo { place.bytesReceived += plan.bytesReceived }
        place.isGood = found == plan.trace
        places[name] = place
        return found
    }

    /// The server of a name: a new one, if there is none or its last clients have left it in an unknown state.
    private func place(_ name: ServerName) throws(IOError) -> Place {
        if let place = places[name] {
            if place.isGood { return place }
            retired.append(place.server)
        }
        let place = Place(server: try start(name))
        places[name] = place
        return place
    }

    // MARK: On a finding

    private static let mostRuns = 60
    /// Seconds, while a script is shortened: for one that ends in silence, which takes them each time, few and then more, since
    /// the result, run again with all patience, shows nothing if the machine was too slow for so few.
    private static let shortPatiences = (silence: [0.5, 2, 8], other: [8.0])

    private func discover(
        _ seed: UInt64,
        _ script: ServingScript,
        _ name: ServerName,
        _ first: ServingTrace,
        _ difference: ServingTrace.Difference
    ) throws(IOError) -> ServingDiscovery {
        let patiences = difference.isSilence ? Self.shortPatiences.silence : Self.shortPatiences.other
        for short in Set(patiences.map { min(patience, $0) }).sorted() {
            let steps = try shortened(script.steps, mostRuns: Self.mostRuns) { steps throws(IOError) in
                let plan = ServingPlan(ServingScript(script.service, steps))
                let found = try run(plan, on: name, patience: short).difference(from: plan.trace)
                return found?.isLike(difference) ?? false
            }
            let shorter = ServingScript(script.service, steps)
            let found = try run(ServingPlan(shorter), on: name, patience: patience)
            guard found.difference(from: ServingPlan(shorter).trace) == nil else {
                return try describe(seed, script, shorter, name, found)
            }
        }
        return try describe(seed, script, script, name, first)
    }

    private func describe(
        _ seed: UInt64,
        _ original: ServingScript,
        _ script: ServingScript,
        _ name: ServerName,
        _ found: ServingTrace
    ) throws(IOError) -> ServingDiscovery {
        let plan = ServingPlan(script)
        let other = names.first { $0.service == script.service && $0 != name }
        let reference = try other.map { other throws(IOError) in
            (other, try run(plan, on: other, patience: patience))
        }
        return ServingDiscovery(
            seed: seed,
            original: original,
            script: script,
            server: name,
            plan: plan,
            found: found,
            reference: reference,
            end: places[name]?.server.outcome.map { "\($0)" }
        )
    }

    // MARK: Ending

    /// Ends every server, and compares what each says that it has done with what its clients did.
    ///
    /// - Returns: a line for each that says otherwise, or does not end.
    /// - Throws: `noDescriptors`.
    package func end() throws(IOError) -> [String] {
        for service in Service.allCases {
            let plan = ServingPlan(Self.visit(service))
            for name in servers(service) where places[name]?.isGood == true {
                _ = try run(plan, on: name, patience: patience)
            }
        }
        let everybody = places.values.map(\.server) + retired
        var deadline = Deadline(after: patience)
        while !everybody.allSatisfy({ $0.isReady || $0.outcome != nil }), deadline.rest() {}
        guard everybody.allSatisfy({ $0.isReady || $0.outcome != nil }) else { return ["a server does not start"] }
        kill(getpid(), SIGTERM)
        while !everybody.allSatisfy({ $0.outcome != nil }), deadline.rest() {}
        return names.compactMap { name in places[name].flatMap { complaint(name, $0) } }
    }

    private func complaint(_ name: ServerName, _ place: Place) -> String? {
        switch place.server.outcome {
        case nil: return "\(name): a signal did not end it"
        case .failure(let error): return "\(name): it ended with \(error)"
        case .success(let totals):
            guard place.isGood, !totals.agrees(with: place.totals, atLeast: place.bytesReceived) else { return nil }
            return "\(name): it says \(totals), but its clients \(place.totals)"
        }
    }
}
