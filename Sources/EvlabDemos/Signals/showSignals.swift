internal import CLinux
internal import Glibc
public import Readiness
public import Sockets

/// Tells of each signal as it comes to a loop as an event, until SIGINT or SIGTERM.
///
/// - Parameters:
///   - engine: the loop; it runs until the end.
///   - way: how signals become events.
///   - whenReady: called with the names of the signals once they are heeded.
///   - tell: called with a line for each event.
/// - Returns: how often each signal was heard. Equal signals that are pending together are heard once.
/// - Throws: `noDescriptors` and what the engine throws.
public func showSignals<Engine: EventEngine>(
    on engine: Engine,
    by way: SignalWay,
    whenReady: ([String]) -> Void,
    tell: @escaping (String) -> Void
) throws(IOError) -> [(name: String, count: Int)] {
    let show = SignalShow(on: engine, tell)
    defer { show.close() }
    let end = GracefulEnd(engine)
    try end.onSignal {}
    defer { end.cancel() }
    let names = SignalShow<Engine>.signals.map(\.name)
    if way == .hub {
        try show.openHub()
        whenReady(names)
        try engine.run(.untilStopped)
        return show.counts
    }
    // Before the descriptor is watched, and for as long as it is.
    let blocking = try SignalDescriptor(of: SignalShow<Engine>.signals.map(\.signal), isBlocking: way == .signalfd)
    try show.open(blocking.open())
    whenReady(names)
    try engine.run(.untilStopped)
    show.close()
    _ = consume blocking
    return show.counts
}

private final class SignalShow<Engine: EventEngine> {
    static var signals: [(signal: Signal, name: String)] {
        [
            (.hangUp, "SIGHUP"), (.alarm, "SIGALRM"), (.user1, "SIGUSR1"), (.user2, "SIGUSR2"),
            (.windowChange, "SIGWINCH"),
        ]
    }

    private unowned let engine: Engine
    private let tell: (String) -> Void
    private var heard: [Signal: Int] = [:]
    private var registrations: [Engine.Registration] = []
    private var watch: Engine.Watch?

    init(on engine: Engine, _ tell: @escaping (String) -> Void) {
        self.engine = engine
        self.tell = tell
    }

    var counts: [(name: String, count: Int)] {
        Self.signals.map { ($0.name, heard[$0.signal] ?? 0) }
    }

    func openHub() throws(IOError) {
        for (signal, name) in Self.signals {
            registrations.append(try engine.onSignal(signal) { [unowned self] _ in hear(signal, name) })
        }
    }

    func open(_ descriptor: consuming Descriptor) throws(IOError) {
        watch = try engine.watch(descriptor, for: .readable) { [unowned self] watch, _ in
            take(from: watch)
        }
    }

    func close() {
        for registration in registrations { registration.cancel() }
        registrations = []
        guard let watch = watch.take() else { return }
        // What is pending would have its usual effect as soon as it is no longer blocked.
        take(from: watch)
        watch.close()
    }

    private func take(from watch: Engine.Watch) {
        while let taken = TakenSignal.next(from: watch.socket) {
            let name = Self.signals.first { $0.signal == taken.signal }?.name ?? "signal \(taken.signal.rawValue)"
            hear(taken.signal, "\(name) from process \(taken.sender)")
        }
    }

    private func hear(_ signal: Signal, _ text: String) {
        heard[signal, default: 0] += 1
        tell(text)
    }
}
