/// The workers of one cell, one for each subject.
final class WorkerTeam {
    private final class Member {
        var worker: Worker?

        init(_ worker: consuming Worker) {
            self.worker = consume worker
        }
    }

    private var members: [Member] = []

    func add(_ worker: consuming Worker) {
        members.append(Member(worker))
    }

    func sample(
        _ member: Int,
        _ duration: Duration,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> Sample {
        guard let sample = try members[member].worker?.sample(duration, waiting) else {
            throw ComparisonFailure("the workers were stopped")
        }
        return sample
    }

    /// Ends all of them.
    func stop(_ waiting: borrowing Waiting) throws(ComparisonFailure) {
        for member in members {
            guard let worker = member.worker.take() else { continue }
            try worker.stop(waiting)
        }
        members = []
    }
}
