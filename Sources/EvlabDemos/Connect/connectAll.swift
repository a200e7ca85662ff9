public import Readiness
public import Sockets

/// Starts all connects at once, and tells of each outcome once, when it is known; the connections are then closed.
///
/// SIGINT and SIGTERM end it early: what is not known by then is abandoned.
///
/// - Parameters:
///   - engine: the loop; it runs until all is known.
///   - targets: as many connects as there are descriptors for; one address may be there many times.
///   - limit: how long all of them together may take; an outcome that is known by then counts, though it is told later.
///   - tell: called with each outcome, on the thread of the caller.
/// - Returns: the outcomes, in the order of the targets.
/// - Throws: `outOfRange` for a negative limit, and what the engine throws. A connect that fails throws nothing: that is an
///   outcome.
public func connectAll<Engine: EventEngine>(
    on engine: Engine,
    to targets: [SocketAddress],
    within limit: Duration,
    _ tell: @escaping (ConnectReport) -> Void = { _ in }
) throws(IOError) -> [ConnectReport] {
    try ManyConnects(on: engine, to: targets, tell).run(within: limit)
}

/// The connects that are under way.
private final class ManyConnects<Engine: EventEngine> {
    private unowned let engine: Engine
    private let targets: [SocketAddress]
    private let tell: (ConnectReport) -> Void
    private let start = ContinuousClock.now
    private var reports: [ConnectReport?]
    /// A socket is watched until its outcome is known, then closed.
    private var watches: [Engine.Watch?]
    private var left: Int

    init(on engine: Engine, to targets: [SocketAddress], _ tell: @escaping (ConnectReport) -> Void) {
        self.engine = engine
        self.targets = targets
        self.tell = tell
        reports = Array(repeating: nil, count: targets.count)
        watches = Array(repeating: nil, count: targets.count)
        left = targets.count
    }

    func run(within limit: Duration) throws(IOError) -> [ConnectReport] {
        var registrations = [try engine.schedule(after: limit) { [unowned self] _ in settleRest(as: .timedOut) }]
        defer {
            for registration in registrations { registration.cancel() }
            for watch in watches { watch?.close() }
        }
        for signal in [Signal.interrupt, .terminate] {
            registrations.append(try engine.onSignal(signal) { [unowned self] _ in settleRest(as: .abandoned) })
        }
        for number in targets.indices { begin(number) }
        if left > 0 { try engine.run(.untilStopped) }
        return reports.compactMap(\.self)
    }

    private func begin(_ number: Int) {
        do throws(IOError) {
            let connecting = try Socket.connecting(to: targets[number])
            guard connecting.outcome == .inProgress else { return settle(number, as: .established) }
            watches[number] = try engine.watch(connecting.intoSocket(), for: .writable) { [unowned self] watch, _ in
                look(number, watch)
            }
        } catch {
            // Some errors are known at once: no way leads there, for example.
            settle(number, as: ConnectReport.Result(error), error)
        }
    }

    /// Writable says only that the outcome is known. Asking for it clears it.
    private func look(_ number: Int, _ watch: Engine.Watch) {
        do throws(IOError) {
            guard try watch.socket.finishConnecting() == .connected else { return }
            settle(number, as: .established)
        } catch {
            settle(number, as: ConnectReport.Result(error), error)
        }
    }

    private func settle(_ number: Int, as result: ConnectReport.Result, _ error: IOError? = nil) {
        watches[number].take()?.close()
        guard reports[number] == nil else { return }
        let time = start.duration(to: .now)
        let report = ConnectReport(target: targets[number], result: result, time: time, error: error)
        reports[number] = report
        left -= 1
        if left == 0 { engine.breakLoop() }
        tell(report)
    }

    /// On a busy machine an outcome may be known that the loop has had no time to tell.
    private func settleRest(as result: ConnectReport.Result) {
        for (number, watch) in watches.enumerated() { if let watch { look(number, watch) } }
        for number in targets.indices where reports[number] == nil { settle(number, as: result) }
    }
}
