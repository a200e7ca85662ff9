internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// What the workers do, and the counts that they share.
final class OneShotWork: Sendable {
    /// What is to be done with a client after a turn.
    enum Next {
        /// Nothing is left to read: rearm it.
        case dry
        /// More may be left: rearm it, so that it is reported again, and the others come first.
        case more
        case close
    }

    /// The most reads a turn.
    private static let readsPerTurn = 16

    let options: OneShotOptions
    let say: @Sendable (String) -> Void
    /// Woken once, when the workers are to end, and never acknowledged: each of them sees it.
    let stop: Waker
    private let isStopping = Atomic(false)
    private let bytes = Atomic(0)
    private let turns = Atomic(0)
    private let collisions = Atomic(0)

    init(_ options: OneShotOptions, _ say: @escaping @Sendable (String) -> Void) throws(IOError) {
        self.options = options
        self.say = say
        stop = try Waker()
    }

    /// One worker's turn with a client: it reads until nothing is left, and pretends to work after each read.
    func turn(_ worker: Int, _ client: OneShotClient) -> Next {
        turns.wrappingAdd(1, ordering: .relaxed)
        let others = client.enter() - 1
        defer { client.leave() }
        if others > 0 {
            collisions.wrappingAdd(1, ordering: .relaxed)
            say("worker \(worker) got client \(client.number), and so has another worker: TWO AT ONCE")
        }
        for _ in 0..<Self.readsPerTurn {
            if isStopping.load(ordering: .acquiring) { return .dry }
            if let next = read(worker, client) { return next }
        }
        return .more
    }

    /// - Returns: `nil` while there may be more to read.
    private func read(_ worker: Int, _ client: OneShotClient) -> Next? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        var chunk = buffer.mutableSpan
        do throws(IOError) {
            switch try client.socket.read(into: &chunk) {
            case .bytes(let count):
                bytes.wrappingAdd(count, ordering: .relaxed)
                say("worker \(worker), client \(client.number): \(quoted(chunk.span.extracting(first: count)))")
                pretendToWork()
                return nil
            case .wouldBlock:
                return .dry
            case .end:
                say("worker \(worker), client \(client.number) has finished")
                return .close
            }
        } catch {
            // Whatever it is, it does not pass by reading again.
            say("worker \(worker), client \(client.number) is lost: \(error)")
            return .close
        }
    }

    /// Takes its time, but not beyond the end of the server.
    private func pretendToWork() {
        let time = options.workTime.components
        let milliseconds = time.seconds * 1000 + time.attoseconds / 1_000_000_000_000_000
        var request = pollfd(fd: stop.fileDescriptor.rawValue, events: CShort(POLLIN), revents: 0)
        _ = unsafe clinux_ppoll(&request, 1, milliseconds * 1_000_000)
    }

    /// Ends every turn and every pretended work.
    func end() {
        isStopping.store(true, ordering: .releasing)
        stop.wake()
    }

    /// The counts so far; final once the workers have ended.
    var totals: OneShotTotals {
        var totals = OneShotTotals()
        totals.bytes = bytes.load(ordering: .relaxed)
        totals.turns = turns.load(ordering: .relaxed)
        totals.collisions = collisions.load(ordering: .relaxed)
        return totals
    }
}
