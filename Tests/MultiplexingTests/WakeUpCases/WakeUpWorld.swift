import CLinux
import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// A tree of instances over real sockets, in which a case is played.
final class WakeUpWorld {
    private var pairs: [Int: BoxedPair] = [:]
    private var instances: [Int: SharedEpoll] = [:]

    private final class BoxedPair {
        let pair: SocketPair

        init() throws {
            pair = try Socket.pair()
        }
    }

    init(_ tree: WakeUpTree) throws {
        _ = try make(tree)
    }

    private func make(_ tree: WakeUpTree) throws -> SharedEpoll {
        let instance = try SharedEpoll()
        instances[tree.number] = instance
        for edge in tree.children {
            switch edge.child {
            case .socket(let number):
                let box = try BoxedPair()
                pairs[number] = box
                try instance.epoll.add(box.pair.first, for: .readable, trigger: edge.trigger, token: Token(number))
            case .instance(let inner):
                let inside = try make(inner)
                try instance.epoll.add(
                    inside.epoll,
                    for: .readable,
                    trigger: edge.trigger,
                    token: Token(100 + inner.number)
                )
            }
        }
        return instance
    }

    private func instance(_ number: Int) throws -> SharedEpoll {
        try #require(instances[number])
    }

    private func write(to sockets: [Int]) throws {
        for socket in sockets { try #require(pairs[socket]).pair.second.write("x") }
    }

    /// Whether what is told is what is expected.
    func holds(_ wakeUp: WakeUpCase) throws -> Bool {
        guard let twice = wakeUp.twice else { return try holdsForThreads(wakeUp) }
        try write(to: wakeUp.sockets)
        let seen = try (0..<2).map { _ in try look(twice, wakeUp.capacity) }
        return seen.joined(separator: " ") == wakeUp.expectation
    }

    private func look(_ waiter: WakeUpCase.Waiter, _ capacity: Int) throws -> String {
        let instance = try instance(waiter.instance)
        var text = ""
        if waiter.way == .pollAndLook {
            let polled = clinux_poll_now(instance.epoll.fileDescriptor.rawValue, CShort(POLLIN))
            text = polled & POLLIN != 0 ? "p1 " : "p0 "
        }
        var batch = try EventBatch(capacity: capacity)
        try instance.epoll.wait(into: &batch, upTo: .zero)
        return text + String(batch.rest().count)
    }

    private func holdsForThreads(_ wakeUp: WakeUpCase) throws -> Bool {
        let threads = try wakeUp.threads.map { waiter in
            WakeUpThread(waiter, on: try instance(waiter.instance), capacity: wakeUp.capacity)
        }
        let workers = threads.map { $0.start() }
        #expect(settle(threads) == [.waiting, .waiting], "they did not come to wait")
        try write(to: wakeUp.sockets)
        let states = settle(threads)
        try release(threads, by: wakeUp.sockets)
        for worker in workers { worker.join() }
        let isTold = states.map { state in
            if case .ended(let count) = state { count > 0 } else { false }
        }
        return switch wakeUp.expectation {
        case "both": isTold == [true, true]
        case "one": isTold.count { $0 } == 1
        case "t0+": isTold[0]
        default: false
        }
    }

    /// Lets go of who still waits, now that it is known. Who is only on its way is not written for: without a CPU it may stay
    /// so for longer than a socket has room.
    private func release(_ threads: [WakeUpThread], by sockets: [Int]) throws {
        while case let states = threads.map(\.state), states.contains(.waiting) || states.contains(.unsettled) {
            if states.contains(.waiting) {
                for socket in sockets { _ = try #require(pairs[socket]).pair.second.write([0x78].span) }
            }
            sched_yield()
        }
    }

    /// The states of threads of which none is on its way: seen twice in a row, for one that ends may wake another.
    private func settle(_ threads: [WakeUpThread]) -> [WakeUpThread.State] {
        let deadline = ContinuousClock.now + patience
        var last: [WakeUpThread.State] = []
        while ContinuousClock.now < deadline {
            let states = threads.map(\.state)
            if !states.contains(.unsettled), states == last { return states }
            last = states
            sched_yield()
        }
        Issue.record("the threads did not settle")
        return last
    }
}
