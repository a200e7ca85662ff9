/// Every client gets back what it sends, but for out-of-band bytes, which are not in the stream.
struct EchoModel: ServiceModel {
    private struct Client {
        var sent = 0
        var received = 0
        var isHalfClosed = false
        /// How much had been sent before the last out-of-band byte, until the server has certainly read past it: of two at a
        /// time the first gets into the stream, or not.
        var urgentPlace: Int?

        var due: Int { sent - received }
    }

    /// What a client may leave unread: more than fits into the buffers between, and less than makes its own sending wait.
    static let mostDue = 300_000

    private var open: [Int: Client] = [:]
    private(set) var totals = ServedTotals()

    var clients: [Int] { open.keys.sorted() }

    /// What a client sends, from a place in its stream on; where a byte is lost, what follows is in the wrong place.
    static func bytes(of client: Int, from start: Int, _ count: Int) -> [UInt8] {
        (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ client &* 57) }
    }

    mutating func actions(for step: ServingStep) -> Actions? {
        switch step {
        case .connect(let client): return connect(client)
        case .send(let client, let bytes): return send(client, bytes)
        case .sendOutOfBand(let client): return sendOutOfBand(client)
        case .receive(let client, let bytes): return receive(client, bytes)
        case .receiveAll(let client): return receive(client, .max)
        case .halfClose(let client): return halfClose(client)
        case .end(let client):
            let before = (halfClose(client) ?? []) + (receive(client, .max) ?? [])
            return leave(client, .expectEnd).map { before + $0 }
        case .close(let client): return leave(client, .close)
        case .reset(let client): return leave(client, .reset)
        case .introduce, .introduceBadly, .say, .sayTooMuch, .pause, .resume: return nil
        }
    }

    private mutating func connect(_ client: Int) -> Actions? {
        guard open[client] == nil else { return nil }
        open[client] = Client()
        totals.connections += 1
        return [(client, .connect)]
    }

    private mutating func send(_ client: Int, _ count: Int) -> Actions? {
        guard let state = open[client], !state.isHalfClosed, count > 0, state.due + count <= Self.mostDue
        else { return nil }
        open[client]?.sent += count
        totals.bytes += count
        return [(client, .send(Self.bytes(of: client, from: state.sent, count)))]
    }

    private mutating func sendOutOfBand(_ client: Int) -> Actions? {
        guard let state = open[client], !state.isHalfClosed, state.urgentPlace == nil else { return nil }
        open[client]?.urgentPlace = state.sent
        return [(client, .sendOutOfBand)]
    }

    private mutating func receive(_ client: Int, _ most: Int) -> Actions? {
        guard let state = open[client], state.due > 0, most > 0 else { return nil }
        let count = min(most, state.due)
        open[client]?.received += count
        // What was sent after it has come back.
        if let place = state.urgentPlace, state.received + count > place { open[client]?.urgentPlace = nil }
        return [(client, .expect(Self.bytes(of: client, from: state.received, count)))]
    }

    private mutating func halfClose(_ client: Int) -> Actions? {
        guard let state = open[client], !state.isHalfClosed else { return nil }
        open[client]?.isHalfClosed = true
        return [(client, .halfClose)]
    }

    private mutating func leave(_ client: Int, _ action: ServingAction) -> Actions? {
        open.removeValue(forKey: client).map { _ in [(client, action)] }
    }
}
