internal import Multiplexing
internal import Readiness
public import Sockets

/// Several worker threads that wait on one `Epoll`, each with a batch of its own. A client is one-shot: one worker gets its
/// event, and nobody else hears of it until that worker rearms it. It prints who reads what, until SIGINT or SIGTERM.
///
/// Then it stops accepting and goes on until its clients have gone, for at most its grace; a second signal ends it at once.
///
/// - Parameters:
///   - listener: a socket that listens.
///   - options: how many workers, and what is left off to show what that does.
///   - whenReady: called when clients can connect and signals are heeded.
///   - say: called with each line for the user, from any thread.
/// - Throws: `invalidArgument` for a socket that does not listen; `noDescriptors`, `noMemory`, `busy` without threads.
public func serveOneShot(
    listener: consuming Socket,
    _ options: OneShotOptions,
    whenReady: () -> Void = {},
    say: @escaping @Sendable (String) -> Void
) throws(IOError) -> OneShotTotals {
    let room = try OneShotRoom(options, say)
    var porter = try OneShotPorter(listener, room)
    let workers = try WorkerThreads(options.workers) { worker in room.serve(worker) }
    whenReady()
    let failure = porter.run()
    room.work.end()
    workers.join()
    if let failure { throw failure }
    return porter.totals
}

/// The thread that lets clients in and heeds signals; the rest is the workers'.
private struct OneShotPorter: ~Copyable {
    private static let doorToken: Token = 0
    private static let leaversToken: Token = 1

    private var epoll: Epoll
    private let room: OneShotRoom
    private var ending: Ending
    /// `nil` where the workers let clients in, and once a signal has come.
    private var door: Door?
    private var shed = 0
    private var hasComplained = false

    init(_ listener: consuming Socket, _ room: OneShotRoom) throws(IOError) {
        var epoll = try Epoll()
        let ending = try Ending(grace: room.work.options.grace)
        try epoll.add(ending.signals.fileDescriptor, for: .readable, token: Ending.token)
        try epoll.add(room.leavers, for: .readable, token: Self.leaversToken)
        if room.work.options.hasOneShotListener {
            try room.takeDoor(listener)
            door = nil
        } else {
            door = try Door(listener, on: &epoll, token: Self.doorToken)
        }
        self.epoll = epoll
        self.ending = ending
        self.room = room
    }

    /// - Returns: what made it end before a signal did.
    mutating func run() -> IOError? {
        do throws(IOError) {
            var ready = try EventBatch()
            while !ending.isOver(room.count) {
                try epoll.wait(into: &ready, until: door?.pausedUntil ?? ending.deadline ?? nextLook)
                while let event = ready.next() { try handle(event.token) }
                try door?.resume(on: &epoll)
                lookOutside()
            }
            return nil
        } catch {
            return error
        }
    }

    private mutating func handle(_ token: Token) throws(IOError) {
        switch token {
        case Ending.token:
            ending.heed()
            door = nil
        case Self.leaversToken:
            room.leavers.acknowledge()
        default:
            guard var door = door.take() else { return }
            let outcome = door.accept { accepted in room.letIn(accepted.intoSocket()) }
            try door.settle(outcome, on: &epoll)
            shed = door.shed
            self.door = consume door
        }
    }

    // MARK: A listener that is one-shot

    private var nextLook: MonotonicInstant? {
        room.work.options.hasOneShotListener ? .now.advanced(by: .milliseconds(100)) : nil
    }

    /// Says so, once, when somebody waits at a listener that is disarmed.
    private mutating func lookOutside() {
        guard !hasComplained, !ending.hasBegun, room.isSomebodyOutside else { return }
        hasComplained = true
        room.work.say("somebody waits outside; the listener is disarmed, so no worker will be told")
    }

    var totals: OneShotTotals {
        var totals = room.work.totals
        totals.clients = room.arrivals
        totals.shed = shed
        totals.leftOutside = room.countOutside()
        return totals
    }
}
