internal import CLinux
internal import Readiness
package import Sockets
internal import SystemPackage

/// One script, run in a world of its own with observers of its own.
///
/// Thread rule: an episode belongs to one thread.
package final class Episode {
    /// Makes the observer of a name, or leaves it out; replaced to find out whether a broken one is found.
    package typealias MakeObserver = (ObserverName) throws(IOError) -> (any Observer)?

    private static let everything: Interest = [.readable, .writable, .priority, .peerClosed]

    private let world: World
    private var model = Model()
    private var seats: [Seat] = []
    private var step = 0

    /// What to do after the operation that comes next.
    private var marker: Marker = .none
    /// What `poll(2)` said when events were held back.
    private var heldState: [DescriptorID: ReadyEvents]?

    package private(set) var counts = Counts()
    /// The answers of every step, if they are recorded.
    package private(set) var trace: [TraceLine] = []
    private let isRecorded: Bool
    /// Seconds that the kernel may take to arrive at what the model says.
    private let patience: Double

    private var before: [ReadyEvents] = []
    private var after: [ReadyEvents] = []

    private enum Marker {
        case none, lookAway, hold
    }

    /// - Throws: `noDescriptors`, `noMemory`.
    package init(
        recording isRecorded: Bool = false,
        patience: Double = 20,
        observers makeObserver: MakeObserver = { name throws(IOError) in try name.makeObserver() }
    ) throws(IOError) {
        self.isRecorded = isRecorded
        self.patience = patience
        // An operation that was hurried would leave another world behind, also while a script is shortened.
        world = try World(patience: max(patience, 2))
        for name in ObserverName.allCases {
            if let observer = try makeObserver(name) { seats.append(Seat(name, observer)) }
        }
        counts.episodes = 1
    }

    /// Runs a script until its end, or the first finding.
    ///
    /// - Throws: `noDescriptors` and what else keeps the world from being made.
    package func run(_ script: [Operation]) throws(IOError) -> Finding? {
        for operation in script {
            if let finding = try run(operation) { return finding }
        }
        return nil
    }

    /// The first finding of a script in a new world, or `nil`.
    package static func finding(in script: [Operation]) throws(IOError) -> Finding? {
        try Episode().run(script)
    }

    /// Runs the next operation, and looks.
    package func run(_ operation: Operation) throws(IOError) -> Finding? {
        defer { step += 1 }
        guard model.allows(operation), heldState == nil || !operation.disturbsHolding else { return nil }
        count(operation)
        switch operation {
        case .lookAway: marker = .lookAway
        case .holdEvents: if heldState == nil { marker = .hold }
        case .wake:
            for seat in seats { try seat.wake() }
            return try endStep(operation)
        case .wait: return try endStep(operation, upTo: .milliseconds(50))
        case .register(let name, let id, let interest): return try change(name, id, .register(interest), operation)
        case .modify(let name, let id, let interest): return try change(name, id, .modify(interest), operation)
        case .rearm(let name, let id): return try change(name, id, .rearm, operation)
        case .remove(let name, let id): return try change(name, id, .remove, operation)
        default:
            if let finding = try perform(operation) { return finding }
            return try endStep(operation)
        }
        return nil
    }

    private func count(_ operation: Operation) {
        counts.operations[operation.kind, default: 0] += 1
        if let kind = operation.madeKind { counts.descriptors[kind, default: 0] += 1 }
    }

    // MARK: Changing what is watched

    private func change(
        _ name: ObserverName,
        _ id: DescriptorID,
        _ change: Seat.Change,
        _ operation: Operation
    ) throws(IOError) -> Finding? {
        for seat in seats where seat.name == name {
            if let finding = apply(change, id, to: seat) { return finding }
        }
        return try endStep(operation)
    }

    private func apply(_ change: Seat.Change, _ id: DescriptorID, to seat: Seat) -> Finding? {
        guard let place = world.place(id) else { return nil }
        return located(seat.apply(change, id, place.fileDescriptor, isFile: place.kind == .file, counts: &counts))
    }

    private func located(_ finding: Finding?) -> Finding? {
        guard var finding else { return nil }
        finding.step = step
        return finding
    }

    // MARK: Changing the world

    private func perform(_ operation: Operation) throws(IOError) -> Finding? {
        if let id = operation.closedDescriptor, let place = world.place(id) {
            for seat in seats {
                operation.kind == .closeUntold
                    ? seat.forgetUntold(id, place.fileDescriptor) : seat.forget(id, place.fileDescriptor)
            }
            // It is at the next look that they find out.
            if operation.kind == .closeUntold { marker = .none }
        }
        let expected = bytesExpected(operation)
        let outcome = try world.perform(operation, expecting: expected, otherEnd: operation.user.flatMap(otherEnd))
        if case .drain(let id) = operation, !outcome.isSettled { return missing(id, expected, outcome, operation) }
        model.apply(operation, outcome)
        tellTouched()
        for id in operation.openedDescriptors {
            for seat in seats {
                if let finding = apply(.register(Self.everything), id, to: seat) { return finding }
            }
        }
        return nil
    }

    /// How many bytes a TCP socket that is drained gets in the end.
    private func bytesExpected(_ operation: Operation) -> Int {
        guard case .drain(let id) = operation, let file = model.file(id), file.kind == .tcp, !file.wasReset
        else { return 0 }
        return file.unread - (file.urgent != nil && !file.isUrgentInline ? 1 : 0)
    }

    /// What was sent did not come, so that nothing can be said of what follows.
    private func missing(_ id: DescriptorID, _ expected: Int, _ outcome: Outcome, _ operation: Operation) -> Finding {
        giveUp(operation)
        return unsettled(id, expected: "\(expected) bytes to read", found: "\(outcome.count)", outcome.wait)
    }

    private func tellTouched() {
        for (id, index) in model.descriptors where model.files[index].wasTouched {
            for seat in seats { seat.note(id, arrived: model.files[index].arrived) }
        }
        model.forgetTouches()
    }

    // MARK: Looking

    /// Lets the kernel finish, and asks every observer.
    private func endStep(_ operation: Operation, upTo limit: Duration = .zero) throws(IOError) -> Finding? {
        if let finding = try settle(operation) { return finding }
        let marker = marker
        self.marker = .none
        if let finding = handOut() { return finding }
        guard marker != .lookAway else { return nil }
        if marker == .hold { try hold() }
        for seat in seats where !seat.isHolding {
            try seat.look(world.names, before, upTo: limit)
        }
        try world.look(into: &after)
        return judge(operation)
    }

    /// Waits until the kernel has arrived at what the model says, as it does at once but for the network's sake.
    private func settle(_ operation: Operation) throws(IOError) -> Finding? {
        var deadline = Deadline(after: patience)
        while true {
            try world.look(into: &before)
            let odd = firstUnexpected()
            if odd == nil, hasArrived(operation) { break }
            if deadline.rest() { continue }
            giveUp(operation)
            if let odd { return modelFinding(odd, deadline.account) }
            guard let id = sender(of: operation) else { break }
            return unsettled(id, expected: "all that was sent acknowledged", found: "some not", deadline.account)
        }
        for id in world.names {
            counts.predictions += 1
            if model.file(id)?.prediction.open.isEmpty == false { counts.openPredictions += 1 }
        }
        return nil
    }

    private func firstUnexpected() -> Int? {
        for (position, id) in world.names.enumerated() {
            guard let file = model.file(id), file.prediction.allows(before[position]) else { return position }
        }
        return nil
    }

    /// Whether what TCP was given to send has been acknowledged. Until then bytes may be under way where others were there
    /// before, which nothing shows; and the late acknowledgement of a shut half is an event of its own.
    private func hasArrived(_ operation: Operation) -> Bool {
        guard let id = sender(of: operation), let file = model.file(id), file.room == .free, !file.isOver
        else { return true }
        return world.hasArrived(from: id, to: otherEnd(of: id))
    }

    private func sender(of operation: Operation) -> DescriptorID? {
        guard let id = operation.user, model.file(id)?.kind == .tcp else { return nil }
        switch operation.kind {
        case .write, .sendOutOfBand, .shutDown: return id
        // The last bytes may have come only now.
        case .drain: return otherEnd(of: id)
        default: return nil
        }
    }

    private func otherEnd(of id: DescriptorID) -> DescriptorID? {
        guard let peer = model.file(id)?.peer else { return nil }
        return model.descriptors.first { $0.value == peer }?.key
    }

    /// Nobody is asked any more.
    private func giveUp(_ operation: Operation) {
        for seat in seats { seat.forgetSightings() }
        record(operation)
    }

    private func modelFinding(_ position: Int, _ wait: String) -> Finding {
        let id = world.names[position]
        let prediction = model.file(id)?.prediction ?? Prediction()
        let open = prediction.open.isEmpty ? "" : ", perhaps \(prediction.open)"
        return unsettled(id, expected: "\(prediction.certain)\(open)", found: "\(before[position])", wait)
    }

    private func unsettled(_ id: DescriptorID, expected: String, found: String, _ wait: String) -> Finding {
        let ends = [id] + (otherEnd(of: id).map { [$0] } ?? [])
        return Finding(
            law: .model,
            descriptor: id,
            expected: expected,
            found: found,
            step: step,
            evidence: ["after \(wait)"] + ends.compactMap(world.account)
        )
    }

    private func hold() throws(IOError) {
        for seat in seats where seat.canHold { try seat.hold() }
        heldState = Dictionary(uniqueKeysWithValues: zip(world.names, before))
    }

    private func handOut() -> Finding? {
        guard let state = heldState.take() else { return nil }
        for seat in seats where seat.isHolding {
            if let finding = located(seat.handOut(state)) { return finding }
        }
        return nil
    }

    private func judge(_ operation: Operation) -> Finding? {
        var finding: Finding?
        for seat in seats where !seat.isHolding {
            if finding == nil {
                finding = seat.judge(world.names, before, after, isSending: isSending, counts: &counts)
            }
        }
        record(operation)
        return located(finding)
    }

    /// Whether bytes of a TCP connection are under way without anybody doing anything, so that events come by themselves.
    private func isSending(_ id: DescriptorID) -> Bool {
        guard let file = model.file(id), file.kind == .tcp else { return false }
        let peer = file.peer.map { model.files[$0] }
        return file.room != .free || (peer?.room ?? .free) != .free
    }

    private func record(_ operation: Operation) {
        guard isRecorded else { return }
        let kernel = zip(world.names, before).map { Sighting($0, $1) }
        let answers = seats.map { (observer: $0.name, sightings: $0.sightings) }
        trace.append(TraceLine(step: step, operation: operation, kernel: kernel, answers: answers))
    }
}
