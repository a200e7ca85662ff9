internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer on a reactor, which owns what it watches: it is given a second descriptor of the same file.
final class ReactorObserver<Mux: Multiplexer & SendableMetatype & ~Copyable>: EngineObserver {
    let engine: Reactor<Mux>
    private let trigger: Trigger
    private let interests: Interest
    private var watches: [DescriptorID: Reactor<Mux>.Watch] = [:]
    var seen: [Sighting] = []
    let wakes = WakeCount()

    init(_ name: ObserverName, _ multiplexer: consuming Mux) throws(IOError) {
        engine = try Reactor(multiplexer)
        trigger = name.trigger
        interests = name.family.interests
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        guard watches[id] == nil else { throw IOError("Reactor.watch", .alreadyRegistered) }
        let copy = Descriptor(number: try checked("fcntl", clinux_duplicate(descriptor.rawValue, 0)))
        watches[id] = try engine.watch(copy, for: interest.intersection(interests), trigger: trigger) {
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
}
