package import Readiness

extension ReadyEvents {
    /// A letter for each, for narrow columns: readable, writable, priority, peer closed (c), hang-up, error.
    package var letters: String {
        let names: [(ReadyEvents, String)] = [
            (.readable, "r"), (.writable, "w"), (.priority, "p"), (.peerClosed, "c"), (.hangUp, "h"), (.error, "e"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined()
    }
}
