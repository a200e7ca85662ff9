internal import Readiness
internal import Sockets

/// An observer on an event loop, which calls back in the same call that waits.
protocol EngineObserver: Observer {
    associatedtype Engine: EventEngine

    var engine: Engine { get }
    var wakes: WakeCount { get }
    /// What was told since the last look.
    var seen: [Sighting] { get set }
}

extension EngineObserver {
    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError) {
        try run(upTo: expected > 0 ? limit : .zero)
        sightings.append(contentsOf: seen)
        seen.removeAll(keepingCapacity: true)
    }

    private func run(upTo limit: Duration) throws(IOError) {
        guard limit > .zero else {
            try engine.run(.withoutWaiting)
            return
        }
        let timer = try engine.schedule(after: limit) { _ in }
        defer { timer.cancel() }
        try engine.run(.once)
    }

    func hold() -> Bool { false }

    func handOut(into sightings: inout [Sighting]) {}

    var wakesSeen: Int { wakes.count }

    func wake() throws(IOError) {
        try engine.poster().post { [wakes] _ in wakes.add() }
    }
}
