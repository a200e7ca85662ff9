import EvlabCrossCheck
import Readiness
import Sockets
import SystemPackage

/// An observer that is right but for one thing.
final class MutantObserver: Observer {
    private let mutant: Mutant
    private let inner: any Observer

    /// What was last reported of each descriptor.
    private var reported: [DescriptorID: ReadyEvents] = [:]
    private var interests: [DescriptorID: Interest] = [:]
    private var descriptors: [DescriptorID: FileDescriptor] = [:]
    /// What is added to the next look, or left out of it.
    private var surplus: [Sighting] = []
    private var dropped: Set<DescriptorID> = []
    /// The last events of closed numbers.
    private var leftBehind: [FileDescriptor: ReadyEvents] = [:]
    private var extraWakes = 0

    init(_ mutant: Mutant, _ inner: any Observer) {
        self.mutant = mutant
        self.inner = inner
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        if mutant == .acceptsTwice, interests[id] != nil { return }
        try inner.register(id, descriptor, for: interest)
        interests[id] = interest
        descriptors[id] = descriptor
        if mutant == .givesOldEventsToTheNextOwner, let events = leftBehind.removeValue(forKey: descriptor) {
            surplus.append(Sighting(id, events))
        }
    }

    func modify(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        if mutant == .ignoresModify, interests[id] != nil { return }
        try inner.modify(id, descriptor, for: interest)
        interests[id] = interest
    }

    func rearm(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        if mutant == .forgetsRearm, interests[id] != nil { return }
        try inner.rearm(id, descriptor)
        if mutant == .dropsRearmedEdge { dropped.insert(id) }
    }

    func remove(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        try inner.remove(id, descriptor)
        interests[id] = nil
        if mutant == .reportsRemoved, let events = reported[id] { surplus.append(Sighting(id, events)) }
    }

    func willClose(_ id: DescriptorID, _ descriptor: FileDescriptor) {
        inner.willClose(id, descriptor)
        leftBehind[descriptor] = reported[id]
        interests[id] = nil
        descriptors[id] = nil
    }

    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError) {
        var seen: [Sighting] = []
        try inner.look(expecting: expected, upTo: limit, into: &seen)
        seen = distort(seen) + surplus
        surplus = mutant == .repeatsEdges ? seen.filter { _ in surplus.isEmpty } : []
        dropped = []
        for sighting in seen { reported[sighting.descriptor] = sighting.events }
        if mutant == .repeatsOneShot { rearmAll(seen) }
        sightings += seen
    }

    private func rearmAll(_ seen: [Sighting]) {
        for sighting in seen {
            guard let descriptor = descriptors[sighting.descriptor] else { continue }
            try? inner.rearm(sighting.descriptor, descriptor)
        }
    }

    private func distort(_ seen: [Sighting]) -> [Sighting] {
        switch mutant {
        case .losesRepeatedArrivals, .losesArrivalsOfReactor: seen.filter { reported[$0.descriptor] != $0.events }
        case .reportsOnlyReadableEdges: change(seen) { $0.contains(.readable) ? .readable : $0 }
        case .dropsRearmedEdge: seen.filter { !dropped.contains($0.descriptor) }
        case .forgetsHangUp: change(seen) { $0.subtracting(.hangUp) }
        case .forgetsError, .hidesErrorsOfReactor: change(seen) { $0.subtracting(.error) }
        case .forgetsPriority: change(seen) { $0.subtracting(.priority) }
        case .forgetsPeerClosed: change(seen) { $0.subtracting(.peerClosed) }
        case .writableWhenFull: change(seen) { $0.union(.writable) }
        case .dropsOneOfMany: seen.count >= 4 ? seen.dropLast() : seen
        case .starvesTheLast: Array(seen.prefix(4))
        default: seen
        }
    }

    private func change(_ seen: [Sighting], _ body: (ReadyEvents) -> ReadyEvents) -> [Sighting] {
        seen.map { Sighting($0.descriptor, body($0.events)) }.filter { !$0.events.isEmpty }
    }

    func hold() throws(IOError) -> Bool {
        guard try inner.hold() else { return false }
        if mutant == .handsOutStaleEvents { inner.handOut(into: &surplus) }
        return true
    }

    func handOut(into sightings: inout [Sighting]) {
        sightings += surplus
        surplus = []
        inner.handOut(into: &sightings)
    }

    func wake() throws(IOError) {
        if mutant == .losesWakes { return }
        if mutant == .wakesTwice { extraWakes += 1 }
        try inner.wake()
    }

    var wakesSeen: Int { inner.wakesSeen + extraWakes }
}
