internal import Multiplexing
internal import Readiness
public import Sockets

/// Two services on one epoll and one thread, one level-triggered and one edge-triggered, each with a buffer of 10 bytes: so
/// the same input shows what each trigger costs. It prints each wait's return and each read, until SIGINT or SIGTERM.
///
/// Then it stops accepting and goes on until its clients have gone, for at most `grace`; a second signal ends it at once.
///
/// - Parameters:
///   - level: a socket that listens; it and its connections are watched level-triggered.
///   - edge: another; it and its connections are watched edge-triggered.
///   - limit: connections block, against all advice, each read for so long at most; `nil` for those that do not.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called when clients can connect and signals are heeded.
///   - say: called with each line for the user.
/// - Throws: `invalidArgument` for a socket that does not listen, `noDescriptors`, `noMemory`.
public func serveLevelAndEdge(
    level: consuming Socket,
    edge: consuming Socket,
    blockingFor limit: Duration? = nil,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {},
    say: @escaping (String) -> Void
) throws(IOError) -> LevelAndEdgeTotals {
    var server = try LevelAndEdgeServer(level, edge, limit, grace, say)
    whenReady()
    return try server.run()
}

private struct LevelAndEdgeServer: ~Copyable {
    private static let levelToken = Token(rawValue: .max - 1)
    private static let edgeToken = Token(rawValue: .max - 2)

    private var epoll: Epoll
    private var levelDoor: Door?
    private var edgeDoor: Door?
    private var ending: Ending
    private var clients = TokenTable<LevelAndEdgeClient>()
    private var totals = LevelAndEdgeTotals()
    private let limit: Duration?
    private let say: (String) -> Void

    init(
        _ level: consuming Socket,
        _ edge: consuming Socket,
        _ limit: Duration?,
        _ grace: Duration,
        _ say: @escaping (String) -> Void
    ) throws(IOError) {
        var epoll = try Epoll()
        let ending = try Ending(grace: grace)
        try epoll.add(ending.signals.fileDescriptor, for: .readable, token: Ending.token)
        let levelDoor = try Door(level, on: &epoll, trigger: .level, token: Self.levelToken)
        // A listener too may be edge-triggered, if every connection that waits is taken: a burst of them is one edge.
        let edgeDoor = try Door(edge, on: &epoll, trigger: .edge, token: Self.edgeToken)
        self.epoll = epoll
        self.ending = ending
        self.levelDoor = consume levelDoor
        self.edgeDoor = consume edgeDoor
        self.limit = limit
        self.say = say
    }

    mutating func run() throws(IOError) -> LevelAndEdgeTotals {
        var ready = try EventBatch()
        while !ending.isOver(clients.count) {
            let pauses = [levelDoor?.pausedUntil, edgeDoor?.pausedUntil]
            try epoll.wait(into: &ready, until: pauses.compactMap(\.self).min() ?? ending.deadline)
            while let event = ready.next() { try handle(event) }
            try levelDoor?.resume(on: &epoll)
            try edgeDoor?.resume(on: &epoll)
        }
        return totals
    }

    private mutating func handle(_ event: EventBatch.Event) throws(IOError) {
        switch event.token {
        case Ending.token:
            ending.heed()
            levelDoor = nil
            edgeDoor = nil
        case Self.levelToken:
            guard var door = levelDoor.take() else { return }
            try accept(from: &door, .level)
            levelDoor = consume door
        case Self.edgeToken:
            guard var door = edgeDoor.take() else { return }
            try accept(from: &door, .edge)
            edgeDoor = consume door
        default:
            serve(event)
        }
    }

    private mutating func accept(from door: inout Door, _ trigger: Trigger) throws(IOError) {
        let shed = door.shed
        let outcome = door.accept { accepted in open(accepted.intoSocket(), trigger) }
        try door.settle(outcome, on: &epoll)
        totals.shed += door.shed - shed
    }

    private mutating func open(_ socket: consuming Socket, _ trigger: Trigger) {
        let name = "\(trigger.isEdge ? "edge" : "level") \(totals[trigger].connections + 1)"
        do throws(IOError) {
            let token = clients.insert(try LevelAndEdgeClient(socket, name, trigger, blockingFor: limit))
            try clients.withState(of: token) { client throws(IOError) in
                try epoll.add(client.socket, for: .readable, trigger: trigger, token: token)
            }
            totals[trigger].connections += 1
            say("\(name) is here")
        } catch {
            say("\(name) is lost: \(error)")
        }
    }

    private mutating func serve(_ event: EventBatch.Event) {
        let next = clients.withState(of: event.token) { client in
            say("wait returned \(client.name): \(event.events)")
            let before = client.totals
            let next = client.turn(say)
            if next == .rearm { try? epoll.rearm(client.socket) }
            totals[client.trigger].add(from: before, to: client.totals)
            return next
        }
        if next == .close { clients.remove(event.token) }
    }
}
