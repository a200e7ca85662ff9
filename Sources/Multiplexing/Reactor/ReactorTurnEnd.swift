package import Readiness
package import Sockets

/// What a reactor looks at when it has called for all that was ready.
final class ReactorTurnEnd: TurnEnd {
    private(set) var isDue = false
    private var handler: (() -> Void)?

    init(_ handler: @escaping () -> Void) {
        self.handler = handler
    }

    func request() {
        isDue = handler != nil
    }

    func call() {
        isDue = false
        handler?()
    }

    func cancel() {
        isDue = false
        handler = nil
    }
}

extension Reactor: TurnEnding where Mux: ~Copyable {
    package func onTurnEnd(_ handler: @escaping () -> Void) throws(IOError) -> any TurnEnd {
        try checkOpen("Reactor.onTurnEnd")
        let new = ReactorTurnEnd(handler)
        turnEnd = new
        return new
    }
}
