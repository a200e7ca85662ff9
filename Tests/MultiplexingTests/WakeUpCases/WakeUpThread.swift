import CLinux
import FaultTools
import Glibc
import Multiplexing
import Sockets
import Synchronization
import SystemPackage

/// A thread that waits for an instance in one of the ways, and notes how many events it got.
final class WakeUpThread: Sendable {
    /// Longer than the test takes to tell who is woken and who is not.
    private static let limit = patience * 4

    private let number = Atomic(0)
    /// -1 until it has ended.
    private let result = Atomic(-1)
    private let instance: SharedEpoll
    private let way: WakeUpCase.Waiter.Way
    private let capacity: Int

    init(_ waiter: WakeUpCase.Waiter, on instance: SharedEpoll, capacity: Int) {
        self.instance = instance
        self.capacity = capacity
        way = waiter.way
    }

    func start() -> Worker {
        Worker { [self] in
            number.store(BlockedThread.ownNumber(), ordering: .releasing)
            let count = (try? wait()) ?? 0
            result.store(count, ordering: .releasing)
        }
    }

    private func wait() throws -> Int {
        if way == .wait { return try events(upTo: Self.limit) }
        while true {
            var request = pollfd(fd: instance.epoll.fileDescriptor.rawValue, events: CShort(POLLIN), revents: 0)
            _ = unsafe clinux_poll(&request, 1, CInt(Self.limit / .milliseconds(1)))
            let count = try events(upTo: .zero)
            if count > 0 || way == .waitInPoll { return count }
        }
    }

    private func events(upTo limit: Duration) throws -> Int {
        var batch = try EventBatch(capacity: capacity)
        try instance.epoll.wait(into: &batch, upTo: limit)
        return batch.rest().count
    }

    /// How many events it has got; `nil` while it waits. A thread that is neither asleep nor has ended is not settled.
    enum State: Equatable {
        case unsettled, waiting
        case ended(Int)
    }

    var state: State {
        let count = result.load(ordering: .acquiring)
        if count >= 0 { return .ended(count) }
        return BlockedThread(number: number.load(ordering: .acquiring)).isWaiting ? .waiting : .unsettled
    }
}
