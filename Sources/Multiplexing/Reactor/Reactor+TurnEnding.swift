internal import Readiness
package import Sockets

extension Reactor: TurnEnding where Mux: ~Copyable {
    /// One at most; a second takes the place of the first.
    package func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> () -> Void {
        try checkOpen("Reactor.onTurnEnd")
        turnEndHandler = handler
        return { [unowned self] in turnEndIsDue = true }
    }
}
