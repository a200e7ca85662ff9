internal import Readiness

/// Compares one answer with what the laws demand.
struct Judge {
    let name: ObserverName
    private let family: ObserverFamily
    private let trigger: Trigger

    init(_ name: ObserverName) {
        self.name = name
        family = name.family
        trigger = name.trigger
    }

    /// What came of a judgement.
    struct Verdict {
        var broken: Law?
        var expected: ReadyEvents = []
        var rows: [NormalisationRow] = []
        var isExtraEdge = false
    }

    /// - Parameters:
    ///   - watch: the registration, which is changed as the answer demands.
    ///   - before: what `poll(2)` said before the observer looked, and `after` what it said then: they differ where the
    ///     kernel was still at work.
    ///   - isExempt: whether an edge may come without a cause, because bytes are still under way.
    func judge(
        _ watch: inout Watch,
        _ answer: ReadyEvents,
        before: ReadyEvents,
        after: ReadyEvents,
        isExempt: Bool
    ) -> Verdict {
        let first = Normalisation(before, for: family, wanting: watch.interest)
        var verdict = Verdict(expected: first.expected, rows: first.rows)
        guard before != after else {
            verdict.broken = brokenLaw(&watch, answer, first.expected, state: before, isExempt, &verdict)
            return verdict
        }
        var other = watch
        let second = Normalisation(after, for: family, wanting: watch.interest)
        verdict.broken = brokenLaw(&watch, answer, first.expected, state: before, isExempt, &verdict)
        guard verdict.broken != nil else { return verdict }
        verdict = Verdict(expected: second.expected, rows: second.rows)
        verdict.broken = brokenLaw(&other, answer, second.expected, state: after, isExempt, &verdict)
        watch = other
        return verdict
    }

    private func brokenLaw(
        _ watch: inout Watch,
        _ answer: ReadyEvents,
        _ expected: ReadyEvents,
        state: ReadyEvents,
        _ isExempt: Bool,
        _ verdict: inout Verdict
    ) -> Law? {
        defer { watch.noteLook() }
        let trigger = effectiveTrigger(watch)
        if trigger != self.trigger, !answer.isEmpty { verdict.rows.append(.emptyInterestOnce) }
        if trigger.isOneShot {
            guard watch.isArmed else { return answer.isEmpty ? nil : .oneShot }
            if !answer.isEmpty { watch.isArmed = false }
        }
        guard trigger.isEdge else {
            guard answer != expected else { return nil }
            return trigger.isOneShot ? .oneShot : .level
        }
        return brokenEdge(watch, answer, expected, state, isExempt, &verdict)
    }

    /// With nothing asked for, an error or a hang-up is told once, so that it does not end every wait.
    private func effectiveTrigger(_ watch: Watch) -> Trigger {
        guard watch.interest.intersection(family.interests).isEmpty else { return trigger }
        guard family == .epoll else { return .levelOneShot }
        return trigger.isOneShot ? .edgeOneShot : .edge
    }

    private func brokenEdge(
        _ watch: Watch,
        _ answer: ReadyEvents,
        _ expected: ReadyEvents,
        _ state: ReadyEvents,
        _ isExempt: Bool,
        _ verdict: inout Verdict
    ) -> Law? {
        let news = Normalisation(watch.arrived.intersection(state), for: family, wanting: watch.interest)
        let mustReport = watch.isFresh ? expected : news.expected
        if answer.isEmpty { return mustReport.isEmpty ? nil : .lostEdge }
        guard answer == expected, watch.wasTouched || watch.isFresh || isExempt else { return .falseEdge }
        verdict.isExtraEdge = mustReport.isEmpty
        return nil
    }
}
