internal import Libevent
internal import Readiness
internal import Sockets

/// Ends a server as its users expect: at the first SIGINT or SIGTERM it stops accepting and goes on until nobody is left or
/// two seconds have passed; at the second it ends at once.
final class GracefulEnd {
    private unowned let base: EventBase
    private var openConnections = 0
    private var stopAccepting: (() -> Void)?
    private var isEnding = false
    private var registrations: [Event] = []

    init(_ base: EventBase) {
        self.base = base
    }

    func onSignal(_ stopAccepting: @escaping () -> Void) throws(IOError) {
        self.stopAccepting = stopAccepting
        for signal in [Signal.interrupt, .terminate] {
            registrations.append(try base.onSignal(signal) { [unowned self] _ in begin() })
        }
    }

    func connectionOpened() {
        openConnections += 1
    }

    func connectionClosed() {
        openConnections -= 1
        if isEnding, openConnections == 0 { base.stop() }
    }

    /// The server has ended, however it came about: the base may run again for something else.
    func cancel() {
        for registration in registrations { registration.cancel() }
        registrations = []
        isEnding = false
        endAccepting()
    }

    private func begin() {
        endAccepting()
        guard !isEnding, openConnections > 0 else { return base.breakLoop() }
        isEnding = true
        do throws(IOError) {
            registrations.append(try base.schedule(after: .seconds(2)) { [unowned base] _ in base.stop() })
        } catch {
            base.breakLoop()
        }
    }

    /// Lets go of the closure too: it holds the listener, which holds the server, which holds this.
    private func endAccepting() {
        stopAccepting.take()?()
    }
}
