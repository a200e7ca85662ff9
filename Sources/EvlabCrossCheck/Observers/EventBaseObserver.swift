internal import Libevent
internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer on libevent, by one of its methods.
final class EventBaseObserver: Observer {
    private let base: EventBase
    private let trigger: Trigger
    private let interests: Interest
    private let collectsChanges: Bool
    /// By the descriptor's name; without an event where nothing is asked for, which libevent cannot watch.
    private var events: [DescriptorID: Event?] = [:]
    private var seen: [Sighting] = []
    private let wakes = WakeCount()

    init(_ name: ObserverName, _ method: EventMethod) throws(IOError) {
        base = try EventBase(EventConfiguration(method: method))
        trigger = name.trigger
        interests = name.family.interests
        collectsChanges = method == .epollChangelist
    }

    deinit {
        base.close()
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        guard events[id] == nil else { throw IOError("event_add", .alreadyRegistered) }
        let wanted = interest.intersection(interests)
        guard !wanted.isEmpty else {
            events[id] = .some(nil)
            return
        }
        let event = try Event(on: base, watching: descriptor, for: wanted, trigger: trigger) {
            [unowned self] _, ready in
            seen.append(Sighting(id, ready))
        }
        try event.add()
        events[id] = event
    }

    func modify(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        try remove(id, descriptor)
        try register(id, descriptor, for: interest)
    }

    func rearm(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        guard let event = events[id] else { throw IOError("event_add", .notRegistered) }
        // Adding what is added already changes nothing; with an edge trigger the kernel would not look anew.
        event?.remove()
        try event?.add()
    }

    func remove(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        guard let event = events.removeValue(forKey: id) else { throw IOError("event_del", .notRegistered) }
        event?.close()
    }

    func willClose(_ id: DescriptorID, _ descriptor: FileDescriptor) {
        guard let event = events.removeValue(forKey: id) else { return }
        event?.close()
        // The change list still has to take the descriptor out of epoll, which no longer goes once it is closed.
        if collectsChanges { flushChanges() }
    }

    private func flushChanges() {
        _ = try? base.run(.withoutWaiting)
        seen.removeAll(keepingCapacity: true)
    }

    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError) {
        try run(upTo: expected > 0 ? limit : .zero)
        sightings.append(contentsOf: seen)
        seen.removeAll(keepingCapacity: true)
    }

    private func run(upTo limit: Duration) throws(IOError) {
        guard limit > .zero else {
            try base.run(.withoutWaiting)
            return
        }
        let timer = try base.schedule(after: limit) { _ in }
        defer { timer.cancel() }
        try base.run(.once)
    }

    /// Libevent calls back in the same call that waits.
    func hold() -> Bool { false }

    func handOut(into sightings: inout [Sighting]) {}

    var wakesSeen: Int { wakes.count }

    func wake() throws(IOError) {
        try base.poster().post { [wakes] _ in wakes.add() }
    }
}
