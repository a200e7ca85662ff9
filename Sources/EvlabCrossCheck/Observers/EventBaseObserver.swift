internal import Libevent
internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer on libevent, by one of its methods.
final class EventBaseObserver: EngineObserver {
    let engine: EventBase
    private let trigger: Trigger
    private let interests: Interest
    private let collectsChanges: Bool
    /// By the descriptor's name; without an event where nothing is asked for, which libevent cannot watch.
    private var events: [DescriptorID: Event?] = [:]
    var seen: [Sighting] = []
    let wakes = WakeCount()

    init(_ name: ObserverName, _ method: EventMethod) throws(IOError) {
        engine = try EventBase(EventConfiguration(method: method))
        trigger = name.trigger
        interests = name.family.interests
        collectsChanges = method == .epollChangelist
    }

    deinit {
        engine.close()
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        guard events[id] == nil else { throw IOError("event_add", .alreadyRegistered) }
        let wanted = interest.intersection(interests)
        guard !wanted.isEmpty else {
            events[id] = .some(nil)
            return
        }
        let event = try Event(on: engine, watching: descriptor, for: wanted, trigger: trigger) {
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
        _ = try? engine.run(.withoutWaiting)
        seen.removeAll(keepingCapacity: true)
    }
}
