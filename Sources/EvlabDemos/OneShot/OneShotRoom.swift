internal import CLinux
internal import Glibc
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// What the worker threads share: the epoll that all of them wait on, and the clients.
final class OneShotRoom: Sendable {
    // Clients are named by their numbers, from 1 on.
    private static let doorToken = Token(rawValue: .max)
    private static let stopToken = Token(rawValue: .max - 1)

    let work: OneShotWork
    /// Woken when a client leaves.
    let leavers: Waker
    private let epoll: Epoll
    private let guests = Mutex(Guests())

    private struct Guests {
        var clients: [Int: OneShotClient] = [:]
        var arrivals = 0
        /// The listener, where the workers let clients in.
        var door: OneShotClient?
        /// Whether a worker has been told of the listener, and has let in whom it could.
        var doorWasAnswered = false
    }

    init(_ options: OneShotOptions, _ say: @escaping @Sendable (String) -> Void) throws(IOError) {
        let work = try OneShotWork(options, say)
        let epoll = try Epoll()
        // Level-triggered and never acknowledged: it ends the wait of every worker.
        try epoll.add(work.stop, for: .readable, token: Self.stopToken)
        leavers = try Waker()
        self.work = work
        self.epoll = epoll
    }

    var count: Int { guests.withLock(of: self) { $0.clients.count } }
    var arrivals: Int { guests.withLock(of: self) { $0.arrivals } }

    // MARK: Coming and going

    func letIn(_ socket: consuming Socket) {
        let client = add(socket)
        work.say("client \(client.number) is here")
        do throws(IOError) {
            // Even with an edge alone two workers can get the same client: one that reads, and one for what arrives meanwhile.
            let trigger = work.options.isOneShot ? Trigger.edgeOneShot : .edge
            try epoll.add(client.socket, for: .readable, trigger: trigger, token: Token(client.number))
        } catch {
            work.say("client \(client.number) is lost: \(error)")
            leave(client)
        }
    }

    private func add(_ socket: consuming Socket) -> OneShotClient {
        let number = guests.withLock(of: self) { guests in
            guests.arrivals += 1
            return guests.arrivals
        }
        let client = OneShotClient(number, socket)
        guests.withLock(of: self) { $0.clients[number] = client }
        return client
    }

    private func leave(_ client: OneShotClient) {
        let wasHere = guests.withLock(of: self) { $0.clients.removeValue(forKey: client.number) != nil }
        guard wasHere else { return }
        // Without one-shot another worker may still be at it, and its socket is closed only after that one.
        try? epoll.remove(client.socket)
        leavers.wake()
    }

    // MARK: Working

    func serve(_ worker: Int) {
        do throws(IOError) {
            // One event at a time: what this worker cannot serve at once is another's.
            var ready = try EventBatch(capacity: 1)
            while true {
                try epoll.wait(into: &ready, until: nil)
                while let event = ready.next() {
                    guard event.token != Self.stopToken else { return }
                    try handle(event.token, worker)
                }
            }
        } catch {
            work.say("worker \(worker) ends: \(error)")
        }
    }

    private func handle(_ token: Token, _ worker: Int) throws(IOError) {
        guard token != Self.doorToken else { return try letOneIn(worker) }
        guard let client = guests.withLock(of: self, { $0.clients[token.number] }) else { return }
        switch work.turn(worker, client) {
        case .dry where !work.options.isOneShot:
            break
        case .dry, .more:
            // Whatever came in the meantime is reported to whichever worker waits. Refused when the client has gone.
            try? epoll.rearm(client.socket)
        case .close:
            leave(client)
        }
    }

    // MARK: A listener that is one-shot

    /// Leaves the listener to the workers, as one-shot as a client, and never rearms it.
    func takeDoor(_ listener: consuming Socket) throws(IOError) {
        let door = OneShotClient(0, listener)
        try epoll.add(door.socket, for: .readable, trigger: .levelOneShot, token: Self.doorToken)
        guests.withLock(of: self) { $0.door = door }
    }

    private var door: OneShotClient? { guests.withLock(of: self) { $0.door } }

    private func letOneIn(_ worker: Int) throws(IOError) {
        defer { guests.withLock(of: self) { $0.doorWasAnswered = true } }
        guard let accepted = try door?.socket.accept() else { return }
        work.say("worker \(worker) lets somebody in")
        letIn(accepted.intoSocket())
    }

    /// Whether a connection waits while the listener is disarmed, and no worker is about to let it in.
    var isSomebodyOutside: Bool {
        let (door, wasAnswered) = guests.withLock(of: self) { ($0.door, $0.doorWasAnswered) }
        guard let door, wasAnswered else { return false }
        guard clinux_poll_now(door.socket.fileDescriptor.rawValue, CShort(POLLIN)) > 0 else { return false }
        return (try? EpollRegistrations(of: epoll).isArmed(door.socket.fileDescriptor)) == false
    }

    /// Counts those who wait, and sends them away.
    func countOutside() -> Int {
        guard let door else { return 0 }
        var count = 0
        while let accepted = try? door.socket.accept() {
            accepted.intoSocket().close()
            count += 1
        }
        return count
    }
}
