internal import CLinux
internal import Readiness
internal import Sockets

/// The processes of the services' programs, and every other child of this process.
///
/// The others are children that the process had before it executed this program and, if it is process 1 of a container, every
/// process whose parent has ended. No `Child` waits for those, so they would stay as zombies.
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
        // The kernel may have named it instead of others that have ended.
        if arrivals != nil { waitForEndedOthers() }
    }

    private func waitForEndedOthers() {
        while true {
            let number = clinux_ended_child()
            // The kernel names the same child until its status is taken. A `Child` does that when its descriptor is ready.
            guard number > 0, !owned.contains(number) else { return }
            _ = clinux_wait_child(number)
        }
    }
}
