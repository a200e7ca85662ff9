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

    init(_ base: EventBase) {
        self.base = base
    }

    func onSignal(_ stopAccepting: @escaping () -> Void) throws(IOError) {
        self.stopAccepting = stopAccepting
        for signal in [Signal.interrupt, .terminate] {
            try base.onSignal(signal) { [unowned self] _ in begin() }
        }
    }

    func connectionOpened() {
        openConnections += 1
    }

    func connectionClosed() {
        openConnections -= 1
        if isEnding, openConnections == 0 { base.stop() }
    }

    private func begin() {
        // Let go of it too: it holds the listener, which holds the server, which holds this.
        stopAccepting.take()?()
        guard !isEnding, openConnections > 0 else { return base.breakLoop() }
        isEnding = true
        do throws(IOError) {
            try base.schedule(after: .seconds(2)) { [unowned base] _ in base.stop() }
        } catch {
            base.breakLoop()
        }
    }
}
