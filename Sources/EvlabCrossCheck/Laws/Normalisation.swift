internal import Readiness

/// What an observer must answer in a given state, and by which rows of the table.
struct Normalisation {
    private(set) var expected: ReadyEvents = []
    private(set) var rows: [NormalisationRow] = []

    /// - Parameters:
    ///   - state: what `poll(2)` says.
    ///   - family: which observers.
    ///   - wanted: the interest that was asked for, of which each family takes what it knows.
    init(_ state: ReadyEvents, for family: ObserverFamily, wanting wanted: Interest) {
        let interest = wanted.intersection(family.interests)
        // Errors and hang-ups are reported unasked.
        let seen = state.intersection(ReadyEvents(interest).union([.error, .hangUp]))
        switch family {
        case .poll, .epoll: expected = seen
        case .reactor: nameReactor(seen, interest)
        case .select, .reactorSelect: nameSelect(state, .selectHangUp, .selectError)
        case .libeventSelect: nameSelect(state, .libeventSelectHangUp, .libeventSelectError)
        case .libeventPoll: nameLibeventPoll(seen)
        case .libeventEpoll: nameLibeventEpoll(seen)
        }
        if family.isLibevent, state.contains(.priority) { rows.append(.libeventOutOfBand) }
        guard family != .poll, family != .epoll, family != .reactor else { return }
        expected.formIntersection(ReadyEvents(interest))
    }

    private mutating func nameSelect(_ state: ReadyEvents, _ hangUp: NormalisationRow, _ error: NormalisationRow) {
        expected = state.intersection([.readable, .writable, .priority])
        if state.contains(.hangUp) {
            expected.insert(.readable)
            rows.append(hangUp)
        }
        if state.contains(.error) {
            expected.formUnion([.readable, .writable])
            rows.append(error)
        }
        if state.contains(.peerClosed) { rows.append(.selectPeerClosed) }
    }

    /// Whoever asked for a direction can go on with it after a hang-up or an error, and is told so.
    private mutating func nameReactor(_ seen: ReadyEvents, _ interest: Interest) {
        guard seen.contains(.hangUp) || seen.contains(.error) else { return expected = seen }
        guard !interest.isEmpty else { return rows.append(.reactorPaused) }
        expected = seen.union(ReadyEvents(interest.intersection([.readable, .writable])))
        if expected != seen { rows.append(.reactorDirections) }
    }

    private mutating func nameLibeventPoll(_ seen: ReadyEvents) {
        expected = seen.intersection([.readable, .writable, .peerClosed])
        guard seen.contains(.hangUp) || seen.contains(.error) else { return }
        expected.formUnion([.readable, .writable])
        rows.append(seen.contains(.error) ? .libeventPollError : .libeventPollHangUp)
    }

    private mutating func nameLibeventEpoll(_ seen: ReadyEvents) {
        if seen.contains(.error) {
            expected = [.readable, .writable]
            rows.append(.libeventEpollError)
            if seen.contains(.peerClosed) { rows.append(.libeventEpollPeerClosed) }
            return
        }
        expected = seen.intersection([.readable, .writable, .peerClosed])
        guard seen.contains(.hangUp), !seen.contains(.peerClosed) else { return }
        expected = [.readable, .writable]
        rows.append(.libeventEpollHangUp)
    }
}
