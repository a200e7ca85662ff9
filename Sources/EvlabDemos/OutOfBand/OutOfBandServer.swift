internal import Multiplexing
internal import Readiness
public import Sockets

/// Waits with select and prints what comes, normal data and out-of-band data, until SIGINT or SIGTERM.
///
/// Then it stops accepting and goes on until its clients have gone, for at most `grace`; a second signal ends it at once.
///
/// - Parameters:
///   - listener: a socket that listens, of the TCP kind: no other has out-of-band data.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called when clients can connect and signals are heeded.
///   - say: called with each line for the user.
/// - Throws: `invalidArgument` for a socket that does not listen, `noDescriptors`, `noMemory`.
public func serveOutOfBand(
    listener: consuming Socket,
    grace: Duration = .seconds(2),
    whenReady: () -> Void = {},
    say: @escaping (String) -> Void
) throws(IOError) -> OutOfBandTotals {
    var server = try OutOfBandServer(listener, grace, say)
    whenReady()
    return try server.run()
}

private struct OutOfBandServer: ~Copyable {
    private static let doorToken = Token(rawValue: .max - 1)

    private var select: Select
    private var door: Door?
    private var ending: Ending
    private var clients = TokenTable<Client>()
    private var totals = OutOfBandTotals()
    private let say: (String) -> Void

    init(_ listener: consuming Socket, _ grace: Duration, _ say: @escaping (String) -> Void) throws(IOError) {
        var select = try Select()
        let ending = try Ending(grace: grace)
        try select.add(ending.signals.fileDescriptor, for: .readable, token: Ending.token)
        let door = try Door(listener, on: &select, token: Self.doorToken)
        self.select = select
        self.ending = ending
        self.door = consume door
        self.say = say
    }

    mutating func run() throws(IOError) -> OutOfBandTotals {
        var ready = try EventBatch()
        while !ending.isOver(clients.count) {
            try select.wait(into: &ready, until: door?.pausedUntil ?? ending.deadline)
            while let event = ready.next() {
                switch event.token {
                case Ending.token: end()
                case Self.doorToken: try accept()
                default: serve(event)
                }
            }
            try door?.resume(on: &select)
        }
        return totals
    }

    private mutating func end() {
        ending.heed()
        door = nil
    }

    private mutating func accept() throws(IOError) {
        // Taken out, because each client it lets in changes the rest of the server.
        guard var door = door.take() else { return }
        let outcome = door.accept { accepted in
            let peer = accepted.peer
            greet(accepted.intoSocket(), peer)
        }
        try door.settle(outcome, on: &select)
        totals.shed = door.shed
        self.door = consume door
    }

    private mutating func greet(_ socket: consuming Socket, _ peer: SocketAddress?) {
        totals.connections += 1
        let token = clients.insert(Client(socket, totals.connections))
        say("client \(totals.connections) is here" + (peer.map { ", from \($0)" } ?? ""))
        // Both questions in one wait: select's first set is for normal data, its third for what comes out of band.
        let isWatched = clients.withState(of: token) { client in
            (try? select.add(client.socket, for: [.readable, .priority], token: token)) != nil
        }
        if isWatched != true { clients.remove(token) }
    }

    private mutating func serve(_ event: EventBatch.Event) {
        let stays = clients.withState(of: event.token) { client in client.take(event.events, &totals, say) }
        if stays == false { clients.remove(event.token) }
    }
}

/// One peer.
private struct Client: ~Copyable {
    let socket: Socket
    private let number: Int

    init(_ socket: consuming Socket, _ number: Int) {
        self.socket = socket
        self.number = number
    }

    /// - Returns: whether it stays.
    func take(_ events: ReadyEvents, _ totals: inout OutOfBandTotals, _ say: (String) -> Void) -> Bool {
        do throws(IOError) {
            // The urgent byte first, and normal data all the same: neither waits until the other has dried up.
            if events.contains(.priority) { try takeOutOfBand(&totals, say) }
            return try events.contains(.readable) ? takeNormal(&totals, say) : true
        } catch {
            say("client \(number) is lost: \(error)")
            return false
        }
    }

    private func takeOutOfBand(_ totals: inout OutOfBandTotals, _ say: (String) -> Void) throws(IOError) {
        // The byte has its own place beside the stream, because the socket does not ask for it in line (SO_OOBINLINE).
        guard let byte = try socket.receiveOutOfBand() else { return }
        totals.outOfBand += 1
        say("client \(number), out of band: \(quoted([byte].span))")
    }

    private func takeNormal(_ totals: inout OutOfBandTotals, _ say: (String) -> Void) throws(IOError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1024)
        var bytes = buffer.mutableSpan
        switch try socket.read(into: &bytes) {
        case .bytes(let count):
            totals.bytes += count
            say("client \(number), \(counted(count, "byte", "bytes")): \(quoted(bytes.span.extracting(first: count)))")
            return true
        case .wouldBlock:
            return true
        case .end:
            say("client \(number) has finished")
            return false
        }
    }
}
