internal import Readiness
internal import Sockets

/// Ends a server as its users expect: at the first SIGINT or SIGTERM it stops accepting and goes on until nobody is left or
/// its grace has passed; at the second it ends at once.
final class GracefulEnd<Engine: EventEngine> {
    /// How long a peer has to take the last bytes, and all of them have once the server is to end.
    let grace: Duration
    private unowned let engine: Engine
    private var openConnections = 0
    private var stopAccepting: (() -> Void)?
    private var isEnding = false
    private var registrations: [Engine.Registration] = []
    private var streams: [ObjectIdentifier: DemoStream<Engine>] = [:]

    init(_ engine: Engine, grace: Duration = .seconds(2)) {
        self.engine = engine
        self.grace = grace
    }

    func onSignal(_ stopAccepting: @escaping () -> Void) throws(IOError) {
        self.stopAccepting = stopAccepting
        for signal in [Signal.interrupt, .terminate] {
            registrations.append(try engine.onSignal(signal) { [unowned self] _ in begin() })
        }
    }

    func connectionOpened() {
        openConnections += 1
    }

    func connectionClosed() {
        openConnections -= 1
        if isEnding, openConnections == 0 { engine.stop() }
    }

    /// As ``connectionOpened()``, for a connection that is closed in ``cancel()`` if it is still open then.
    func opened(_ stream: DemoStream<Engine>) {
        streams[ObjectIdentifier(stream)] = stream
        connectionOpened()
    }

    func closed(_ stream: DemoStream<Engine>) {
        guard streams.removeValue(forKey: ObjectIdentifier(stream)) != nil else { return }
        connectionClosed()
    }

    /// The server has ended, however it came about: the engine may run again for something else.
    func cancel() {
        // First, for an end that comes now must not stop that run.
        isEnding = false
        for stream in streams.values { stream.close() }
        for registration in registrations { registration.cancel() }
        registrations = []
        endAccepting()
    }

    private func begin() {
        endAccepting()
        guard !isEnding, openConnections > 0 else { return engine.breakLoop() }
        isEnding = true
        do throws(IOError) {
            let limit = try engine.schedule(after: grace) { [unowned engine] _ in engine.stop() }
            registrations.append(limit)
        } catch {
            engine.breakLoop()
        }
    }

    /// Lets go of the closure too: it holds the listener, which holds the server, which holds this.
    private func endAccepting() {
        stopAccepting.take()?()
    }
}
