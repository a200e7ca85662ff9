internal import Sockets

/// A task that sleeps on a loop.
final class Sleeper: @unchecked Sendable {
    // Unchecked: confined to the loop's thread, but for what is set before the loop has it.

    private let loop: EventLoop
    private let deadline: Int64
    private var resume: Resumption<WaitOutcome>?
    private var isOver = false
    var memberIndex = -1
    var timerIndex = -1

    init(_ loop: EventLoop, until deadline: Int64) {
        self.loop = loop
        self.deadline = deadline
    }

    /// Suspends the task.
    func sleep() async -> WaitOutcome {
        await withTaskCancellationHandler {
            await suspended { resume in
                self.resume = resume
                loop.call { [self] in start() }
            }
        } onCancel: {
            loop.post { [self] in end(.cancelled) }
        }
    }

    private func start() {
        guard !isOver else { return finish(.cancelled) }
        guard !loop.isEnding else { return end(.closed) }
        loop.add(self)
        loop.setTimer(self, at: deadline)
    }

    private func end(_ outcome: WaitOutcome) {
        guard !isOver else { return }
        isOver = true
        // Before the start: then the start finds that it is over.
        guard memberIndex >= 0 || outcome != .cancelled else { return }
        finish(outcome)
    }

    private func finish(_ outcome: WaitOutcome) {
        loop.cancelTimer(self)
        loop.remove(self)
        resume.take()?.fromElsewhere(outcome)
    }
}

extension Sleeper: TimerNode {
    func timerFired(now: Int64) {
        end(.ready)
    }
}

extension Sleeper: LoopMember {
    func loopIsEnding(_ error: IOError) {
        isOver = true
        finish(.closed)
    }
}
