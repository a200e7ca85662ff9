internal import Readiness
internal import Sockets

/// A loop to which another thread posts.
final class EngineWakes<Engine: EventEngine>: WakeRounds {
    /// Only the loop's thread touches it: the jobs that count run there.
    private final class Counter: @unchecked Sendable {
        var count = 0
    }

    private let engine: Engine
    private let thread: WakingThread
    private let counter = Counter()

    init(on engine: Engine) throws(IOError) {
        let poster = try engine.poster()
        let counter = counter
        thread = try WakingThread { poster.post { _ in counter.count += 1 } }
        self.engine = engine
    }

    func run(_ count: Int) throws(IOError) -> Int {
        let before = counter.count
        for round in 1...count {
            thread.tell()
            while counter.count < before + round { try engine.run(.once) }
        }
        return counter.count - before
    }
}
