internal import Readiness
internal import Sockets
internal import SystemPackage

/// An observer, with what it has been asked to watch and what it said last.
final class Seat {
    /// A change of what is watched.
    enum Change {
        case register(Interest)
        case modify(Interest)
        case rearm
        case remove
    }

    let name: ObserverName
    private let observer: any Observer
    private let judge: Judge
    private var watches: [DescriptorID: Watch] = [:]
    private(set) var sightings: [Sighting] = []
    /// How many should have been ready at the last look, and would be again, where that was of use.
    private var repeatableAtLook = 0

    private var heldWatches: [DescriptorID: Watch] = [:]
    private(set) var isHolding = false

    private var wakes = 0
    private var wakesExpected = 0

    init(_ name: ObserverName, _ observer: any Observer) {
        self.name = name
        self.observer = observer
        judge = Judge(name)
    }

    /// What collects a few events at a time holds too little back to be judged.
    var canHold: Bool { name.batchCapacity == nil && name.family.isMultiplexer }

    // MARK: What is watched

    /// Changes what is watched, and checks that it fails when it should, and only then.
    func apply(
        _ change: Change,
        _ id: DescriptorID,
        _ descriptor: FileDescriptor,
        isFile: Bool,
        counts: inout Counts
    ) -> Finding? {
        let expected = expectedFailure(change, id, descriptor, isFile)
        var failure: IOError.Code?
        do throws(IOError) {
            try ask(change, id, descriptor)
        } catch {
            failure = error.code
        }
        guard failure == expected else {
            return finding(.registration, id, expected?.description ?? "success", failure?.description ?? "success")
        }
        if expected == .notPollable { counts.rows[.epollRefusesFiles, default: 0] += 1 }
        if expected == nil { note(change, id) }
        return nil
    }

    private func expectedFailure(
        _ change: Change,
        _ id: DescriptorID,
        _ descriptor: FileDescriptor,
        _ isFile: Bool
    ) -> IOError.Code? {
        let isWatched = watches[id] != nil
        guard case .register(let interest) = change else { return isWatched ? nil : .notRegistered }
        if isFile, name.family.refusesFiles {
            // Libevent is not asked where nothing is asked for.
            return name.family.isLibevent && interest.intersection(name.family.interests).isEmpty ? nil : .notPollable
        }
        if isWatched { return .alreadyRegistered }
        return name.family == .libeventSelect && descriptor.rawValue >= 1024 ? .outOfRange : nil
    }

    private func ask(_ change: Change, _ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError) {
        switch change {
        case .register(let interest): try observer.register(id, descriptor, for: interest)
        case .modify(let interest): try observer.modify(id, descriptor, for: interest)
        case .rearm: try observer.rearm(id, descriptor)
        case .remove: try observer.remove(id, descriptor)
        }
    }

    private func note(_ change: Change, _ id: DescriptorID) {
        switch change {
        case .register(let interest), .modify(let interest): watches[id] = Watch(interest)
        case .rearm: watches[id] = watches[id].map { Watch($0.interest) }
        case .remove: watches[id] = nil
        }
    }

    /// The descriptor is about to be closed.
    func forget(_ id: DescriptorID, _ descriptor: FileDescriptor) {
        observer.willClose(id, descriptor)
        watches[id] = nil
    }

    /// The descriptor is about to be closed by somebody who tells nobody, which multiplexers find out by themselves: select
    /// and poll only of what they ask the kernel for, and the turns of small batches are upset by it once.
    func forgetUntold(_ id: DescriptorID, _ descriptor: FileDescriptor) {
        guard name.family.isMultiplexer, let watch = watches[id] else { return forget(id, descriptor) }
        let isAsked = watch.isArmed && !watch.interest.intersection(name.family.interests).isEmpty
        if name.family != .epoll, !isAsked || name.batchCapacity != nil { try? observer.remove(id, descriptor) }
        watches[id] = nil
    }

    /// Something was done to the file.
    func note(_ id: DescriptorID, arrived: ReadyEvents) {
        watches[id]?.wasTouched = true
        watches[id]?.arrived.formUnion(arrived)
    }

    // MARK: Waking

    func wake() throws(IOError) {
        try observer.wake()
        wakes += 1
    }

    /// A loop's posts all arrive; wake-ups of a multiplexer before one look are one.
    private func expectWakes() {
        wakesExpected += name.family.isMultiplexer ? min(wakes, 1) : wakes
        wakes = 0
    }

    // MARK: Looking

    func look(_ names: [DescriptorID], _ state: [ReadyEvents], upTo limit: Duration) throws(IOError) {
        sightings.removeAll(keepingCapacity: true)
        expectWakes()
        let needsCount = limit > .zero || name.batchCapacity != nil
        let expected = needsCount ? readyCount(names, state) : 0
        // What is ready need not be news to an edge trigger, which would wait for more.
        try observer.look(expecting: expected, upTo: name.trigger.isEdge ? .zero : limit, into: &sightings)
    }

    /// Nothing was asked.
    func forgetSightings() {
        sightings.removeAll(keepingCapacity: true)
    }

    /// How many descriptors a level-triggered observer must report.
    private func readyCount(_ names: [DescriptorID], _ state: [ReadyEvents]) -> Int {
        var count = 0
        repeatableAtLook = 0
        for (position, id) in names.enumerated() {
            guard let watch = watches[id], watch.isArmed else { continue }
            let expected = Normalisation(state[position], for: name.family, wanting: watch.interest).expected
            guard !expected.isEmpty else { continue }
            count += 1
            // An error is reported again only to those who asked for something.
            if !watch.interest.intersection(name.family.interests).isEmpty { repeatableAtLook += 1 }
        }
        return count
    }

    /// Holds back what is ready now.
    func hold() throws(IOError) {
        guard try observer.hold() else { return }
        isHolding = true
        sightings.removeAll(keepingCapacity: true)
        expectWakes()
        heldWatches = watches
        for id in watches.keys { watches[id]?.noteLook() }
    }

    /// Hands out what was held back, of which nothing may be left that is of a registration which has ended.
    func handOut(_ state: [DescriptorID: ReadyEvents]) -> Finding? {
        isHolding = false
        sightings.removeAll(keepingCapacity: true)
        observer.handOut(into: &sightings)
        let held = heldWatches
        heldWatches = [:]
        for sighting in sightings where held[sighting.descriptor] == nil {
            return finding(.stale, sighting.descriptor, "nothing", "\(sighting.events)")
        }
        for (id, watch) in held {
            let answer = sightings.first { $0.descriptor == id }?.events ?? []
            if let finding = judgeHeld(id, watch, answer, state[id] ?? []) { return finding }
        }
        return nil
    }

    private func judgeHeld(_ id: DescriptorID, _ held: Watch, _ answer: ReadyEvents, _ state: ReadyEvents) -> Finding? {
        guard let current = watches[id] else {
            return answer.isEmpty ? nil : finding(.stale, id, "nothing", "\(answer)")
        }
        var held = held
        guard current.isFresh else {
            let verdict = judge.judge(&held, answer, before: state, after: state, isExempt: true)
            watches[id]?.isArmed = held.isArmed
            return verdict.broken.map { finding($0, id, "\(verdict.expected)", "\(answer)") }
        }
        // Changed since: what was collected for the old registration may still come, but not of a one-shot.
        let old = Normalisation(state, for: name.family, wanting: held.interest).expected
        guard name.trigger.isOneShot ? answer.isEmpty : answer.isSubset(of: old) else {
            return finding(.stale, id, name.trigger.isOneShot ? "nothing" : "at most \(old)", "\(answer)")
        }
        return nil
    }

    // MARK: Judging

    /// Compares what was seen with what the laws demand; returns the first finding.
    func judge(
        _ names: [DescriptorID],
        _ before: [ReadyEvents],
        _ after: [ReadyEvents],
        isSending: (DescriptorID) -> Bool,
        counts: inout Counts
    ) -> Finding? {
        if let finding = oddSighting() ?? oddWake() { return finding }
        var answered = 0
        var result: Finding?
        for (position, id) in names.enumerated() {
            guard var watch = watches[id] else { continue }
            let answer = sightings.first { $0.descriptor == id }?.events ?? []
            let isExempt = name.trigger.isEdge && isSending(id)
            let verdict = judge.judge(
                &watch,
                answer,
                before: before[position],
                after: after[position],
                isExempt: isExempt
            )
            watches[id] = watch
            answered += 1
            for row in verdict.rows { counts.rows[row, default: 0] += 1 }
            if verdict.isExtraEdge { counts.extraEdges[name, default: 0] += 1 }
            guard result == nil, let law = verdict.broken else { continue }
            result = finding(law, id, "\(verdict.expected)", "\(answer)")
        }
        counts.observations += answered
        counts.observationsByObserver[name, default: 0] += answered
        return result
    }

    private func oddSighting() -> Finding? {
        for (index, sighting) in sightings.enumerated() {
            let id = sighting.descriptor
            guard watches[id] != nil else { return finding(.stale, id, "nothing", "\(sighting.events)") }
            guard let earlier = sightings[..<index].first(where: { $0.descriptor == id }) else { continue }
            if mayRepeat(sighting, earlier, index) { continue }
            return finding(.twice, id, "one answer", "a second, \(sighting.events)")
        }
        return nil
    }

    /// The last of several small batches may begin anew, when every other has had its turn.
    private func mayRepeat(_ sighting: Sighting, _ earlier: Sighting, _ index: Int) -> Bool {
        guard name.batchCapacity != nil, name.trigger == .level else { return false }
        return index >= repeatableAtLook && sighting == earlier
    }

    private func oddWake() -> Finding? {
        guard observer.wakesSeen != wakesExpected else { return nil }
        return finding(.wake, nil, "\(wakesExpected) wake-ups in all", "\(observer.wakesSeen)")
    }

    private func finding(_ law: Law, _ id: DescriptorID?, _ expected: String, _ found: String) -> Finding {
        Finding(law: law, observer: name, descriptor: id, expected: expected, found: found)
    }
}
