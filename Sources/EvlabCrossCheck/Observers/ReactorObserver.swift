internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer on a reactor, which owns what it watches: it is given a second descriptor of the same file.
final class ReactorObserver<Mux: Multiplexer & SendableMetatype & ~Copyable>: Observer {
    private let reactor: Reactor<Mux>
    private let trigger: Trigger
    private let interests: Interest
    private var watches: [DescriptorID: Reactor<Mux>.Watch] = [:]
    private var seen: [Sighting] = []
    private let wakes = WakeCount()

    init(_ name: ObserverName, _ multiplexer: consuming Mux) throws(IOError) {
        reactor = try Reactor(multiplexer)
        trigger = name.trigger
        interests = name.family.interests
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        guard watches[id] == nil else { throw IOError("Reactor.watch", .alreadyRegistered) }
        let copy = Descriptor(number: try checked("fcntl", clinux_duplicate(descriptor.rawValue, 0)))
        watches[id] = try reactor.watch(copy, for: interest.intersection(interests), trigger: trigger) {
            [unowned self] _, ready in
            seen.append(Sighting(id, ready))
        }
    }

    func modify(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        guard let watch = watches[id] else { throw IOError("Reactor.watch", .notRegistered) }
        let wanted = interest.intersection(interests)
        // What stays the same is not asked for anew.
        if wanted == watch.interest { try watch.reportAgain() } else { try watch.setInterest(wanted) }
    }

    func rearm(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        guard let watch = watches[id] else { throw IOError("Reactor.watch", .notRegistered) }
        try watch.reportAgain()
    }

    func remove(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        guard let watch = watches.removeValue(forKey: id) else { throw IOError("Reactor.watch", .notRegistered) }
        watch.close()
    }

    func willClose(_ id: DescriptorID, _ descriptor: FileDescriptor) {
        watches.removeValue(forKey: id)?.close()
    }

    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError) {
        try run(upTo: expected > 0 ? limit : .zero)
        sightings.append(contentsOf: seen)
        seen.removeAll(keepingCapacity: true)
    }

    private func run(upTo limit: Duration) throws(IOError) {
        guard limit > .zero else {
            try reactor.run(.withoutWaiting)
            return
        }
        let timer = try reactor.schedule(after: limit) { _ in }
        defer { timer.cancel() }
        try reactor.run(.once)
    }

    /// A reactor calls back in the same call that waits.
    func hold() -> Bool { false }

    func handOut(into sightings: inout [Sighting]) {}

    var wakesSeen: Int { wakes.count }

    func wake() throws(IOError) {
        try reactor.poster().post { [wakes] _ in wakes.add() }
    }
}
