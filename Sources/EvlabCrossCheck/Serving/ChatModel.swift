/// Who is in the room, and what each hears.
///
/// Whoever does something waits for the room's answer, so that the order of what happens is the script's.
struct ChatModel: ServiceModel {
    private struct Client {
        var isNamed = false
        var isPaused = false
        /// What the room has for it.
        var due = ""
    }

    /// What a client that pauses lets the room keep for it, which drops members for more.
    private static let mostDue = 20_000
    private static let tooMuch = String(repeating: "x", count: 1001) + "\n"
    private static let tooMuchAnswer = "* that was longer than 1000 bytes and was not passed on\n"
    private static let badNameAnswer = "* a name has 1 to 20 letters, digits, - or _; try another\n"

    private var open: [Int: Client] = [:]
    /// In the order in which they gave their names.
    private var members: [Int] = []
    private(set) var totals = ServedTotals()

    var clients: [Int] { open.keys.sorted() }

    mutating func actions(for step: ServingStep) -> Actions? {
        guard let own = perform(step) else { return nil }
        return own + clients.flatMap { read($0) }
    }

    private mutating func perform(_ step: ServingStep) -> Actions? {
        switch step {
        case .connect(let client): return connect(client)
        case .introduce(let client): return introduce(client)
        case .introduceBadly(let client): return introduceBadly(client)
        case .say(let client, let lines, let bytes): return say(client, lines, bytes)
        case .sayTooMuch(let client): return sayTooMuch(client)
        case .pause(let client):
            guard open[client]?.isPaused == false else { return nil }
            open[client]?.isPaused = true
            return []
        case .resume(let client):
            guard open[client]?.isPaused == true else { return nil }
            open[client]?.isPaused = false
            return []
        case .end(let client): return end(client)
        case .close(let client): return isMissed(client) ? leave(client, [.close]) : end(client)
        case .reset(let client): return isMissed(client) ? leave(client, [.reset]) : end(client)
        case .send, .sendOutOfBand, .receive, .receiveAll, .halfClose: return nil
        }
    }

    /// What is due to a client that reads.
    private mutating func read(_ client: Int) -> Actions {
        guard let state = open[client], !state.due.isEmpty else { return [] }
        guard !state.isPaused || state.due.utf8.count > Self.mostDue else { return [] }
        open[client]?.due = ""
        return [(client, .expect(Array(state.due.utf8)))]
    }

    private static func name(_ client: Int) -> String { "n\(client)" }

    private mutating func tell(_ line: String, butNot speaker: Int) {
        for member in members where member != speaker { open[member]?.due += line }
    }

    // MARK: Coming and going

    private mutating func connect(_ client: Int) -> Actions? {
        guard open[client] == nil else { return nil }
        open[client] = Client(due: "* welcome; what is your name?\n")
        return [(client, .connect)]
    }

    private mutating func introduce(_ client: Int) -> Actions? {
        guard open[client]?.isNamed == false else { return nil }
        let others = members.map(Self.name).joined(separator: ", ")
        open[client]?.isNamed = true
        members.append(client)
        totals.members += 1
        tell("* \(Self.name(client)) joins\n", butNot: client)
        let here = others.isEmpty ? "is nobody else" : "are: \(others)"
        return answered(client, [Self.name(client) + "\n"], by: "* hello \(Self.name(client)); here \(here)\n")
    }

    private mutating func introduceBadly(_ client: Int) -> Actions? {
        guard open[client]?.isNamed == false else { return nil }
        return answered(client, ["no name at all\n"], by: Self.badNameAnswer)
    }

    /// Whether somebody would hear that it has gone: else nothing tells when the room has noticed.
    private func isMissed(_ client: Int) -> Bool {
        guard let state = open[client] else { return false }
        return !state.isNamed || members.contains { $0 != client && open[$0]?.isPaused == false }
    }

    private mutating func end(_ client: Int) -> Actions? {
        guard let state = open[client] else { return nil }
        let rest: [ServingAction] = state.due.isEmpty ? [] : [.expect(Array(state.due.utf8))]
        return leave(client, [.halfClose] + rest + [.expectEnd])
    }

    private mutating func leave(_ client: Int, _ actions: [ServingAction]) -> Actions? {
        guard open.removeValue(forKey: client) != nil else { return nil }
        if let place = members.firstIndex(of: client) {
            members.remove(at: place)
            tell("* \(Self.name(client)) leaves\n", butNot: client)
        }
        return actions.map { (client, $0) }
    }

    // MARK: Talking

    private mutating func say(_ client: Int, _ count: Int, _ bytes: Int) -> Actions? {
        guard open[client]?.isNamed == true, (1...10).contains(count), (1...900).contains(bytes) else { return nil }
        var text = ""
        for _ in 0..<count {
            let start = "\(totals.lines) "
            let line = start + String(repeating: "a", count: max(0, bytes - start.utf8.count))
            totals.lines += 1
            text += line + "\n"
            tell("\(Self.name(client)): \(line)\n", butNot: client)
        }
        // Nobody may hear it: the answer to what is too long shows that the room has.
        text += Self.tooMuch
        let middle = text.index(text.startIndex, offsetBy: bytes / 2)
        return answered(client, [String(text[..<middle]), String(text[middle...])], by: Self.tooMuchAnswer)
    }

    private mutating func sayTooMuch(_ client: Int) -> Actions? {
        guard open[client] != nil else { return nil }
        return answered(client, [Self.tooMuch], by: Self.tooMuchAnswer)
    }

    /// What a client sends, to which it waits for an answer.
    private mutating func answered(_ client: Int, _ pieces: [String], by answer: String) -> Actions {
        open[client]?.isPaused = false
        open[client]?.due += answer
        return pieces.filter { !$0.isEmpty }.map { (client, .send(Array($0.utf8))) }
    }
}
