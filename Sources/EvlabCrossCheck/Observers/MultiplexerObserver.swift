internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer on one of the kernel's multiplexers.
final class MultiplexerObserver<Mux: Multiplexer & ~Copyable>: Observer {
    private static var wakeToken: Token { Token(rawValue: .max) }

    private var multiplexer: Mux
    private var batch: EventBatch
    private let trigger: Trigger
    private let interests: Interest
    private let isSmall: Bool
    private let waker: Waker
    private var isWoken = false
    private(set) var wakesSeen = 0

    init(_ name: ObserverName, _ multiplexer: consuming Mux) throws(IOError) {
        self.multiplexer = multiplexer
        batch = try EventBatch(capacity: name.batchCapacity ?? 256)
        isSmall = name.batchCapacity != nil
        trigger = name.trigger
        interests = name.family.interests
        waker = try Waker()
        try self.multiplexer.add(waker, for: .readable, trigger: .level, token: Self.wakeToken)
    }

    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        let wanted = interest.intersection(interests)
        try multiplexer.add(descriptor, for: wanted, trigger: trigger, token: Token(id.number))
    }

    func modify(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError) {
        let wanted = interest.intersection(interests)
        try multiplexer.modify(descriptor, for: wanted, trigger: trigger, token: Token(id.number))
    }

    func rearm(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        try multiplexer.rearm(descriptor)
    }

    func remove(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        try multiplexer.remove(descriptor)
    }

    /// The close itself tells the multiplexer.
    func willClose(_ id: DescriptorID, _ descriptor: FileDescriptor) {}

    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError) {
        let ready = expected + (isWoken ? 1 : 0)
        var left = isSmall ? turns(for: ready) : 1
        while left > 0 {
            let count = try multiplexer.wait(into: &batch, upTo: ready > 0 ? limit : .zero)
            handOut(into: &sightings)
            left -= 1
            // Edges come once: small batches are emptied, whatever was expected.
            if trigger != .level, isSmall { left = count == 0 ? 0 : 1 }
        }
    }

    /// How many batches hold so many events, when none comes twice before all have come.
    private func turns(for ready: Int) -> Int {
        max(1, (ready + batch.capacity - 1) / batch.capacity)
    }

    func hold() throws(IOError) -> Bool {
        try multiplexer.wait(into: &batch, upTo: .zero)
        return true
    }

    func handOut(into sightings: inout [Sighting]) {
        while let event = batch.next() {
            if event.token == Self.wakeToken {
                isWoken = false
                wakesSeen += 1
                waker.acknowledge()
            } else {
                sightings.append(Sighting(DescriptorID(event.token.number), event.events))
            }
        }
    }

    func wake() {
        isWoken = true
        waker.wake()
    }
}
