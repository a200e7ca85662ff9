internal import CLinux
internal import Readiness
internal import Sockets

/// The processes of the services' programs, and every other child of this process: those that it had before it became this
/// program, and as process 1 of a container all whose parents have ended. No `Child` waits for the others, so they would stay
/// as zombies.
final class InetdChildren<Engine: EventEngine> {
    private var owned: Set<CInt> = []
    private var arrivals: Engine.Registration?

    /// Waits for the others from here on, until ``stop()``.
    func waitForOthers(on engine: Engine) throws(IOError) {
        arrivals = try engine.onSignal(.child) { [unowned self] _ in waitForEndedOthers() }
        waitForEndedOthers()
    }

    func stop() {
        arrivals.take()?.cancel()
    }

    func started(_ number: CInt) {
        owned.insert(number)
    }

    /// Called when the status was taken.
    func ended(_ number: CInt) {
        owned.remove(number)
        // It may have been named in place of others that ended after it.
        if arrivals != nil { waitForEndedOthers() }
    }

    private func waitForEndedOthers() {
        while true {
            let number = clinux_ended_child()
            // The kernel names the same one until its status is taken; an owner does that when its descriptor is ready.
            guard number > 0, !owned.contains(number) else { return }
            _ = clinux_wait_child(number)
        }
    }
}
