internal import Multiplexing
internal import Readiness
internal import Sockets

/// A thread that waits on an ``Epoll`` for a ``Waker``.
final class EpollWakes: WakeRounds {
    private let epoll: Epoll
    private let waker: Waker
    private let thread: WakingThread
    private var batch: EventBatch

    init() throws(IOError) {
        let epoll = try Epoll()
        let waker = try Waker()
        try epoll.add(waker, for: .readable, token: 0)
        batch = try EventBatch(capacity: 8)
        thread = try WakingThread { waker.wake() }
        self.epoll = epoll
        self.waker = waker
    }

    func run(_ count: Int) throws(IOError) -> Int {
        var woken = 0
        for _ in 0..<count {
            thread.tell()
            var isWoken = false
            while !isWoken {
                try epoll.wait(into: &batch, until: nil)
                while batch.next() != nil {
                    waker.acknowledge()
                    isWoken = true
                }
            }
            woken += 1
        }
        return woken
    }
}
