internal import SeededRandom

/// Makes steps from random numbers. What a step comes to decides nothing in it.
struct ServingGenerator {
    private static let mostClients = 4

    private let service: Service
    private var random: RepeatableRandom
    private var open: [Int] = []
    private var nextClient = 0
    /// Has just come, and is likely to give its name.
    private var newcomer: Int?

    init(_ service: Service, _ random: RepeatableRandom) {
        self.service = service
        self.random = random
    }

    mutating func next() -> ServingStep {
        if let newcomer = newcomer.take(), service == .chat {
            return random.below(4) == 0 ? .introduceBadly(newcomer) : .introduce(newcomer)
        }
        guard let client = random.element(of: open) else { return connect() }
        if open.count < Self.mostClients, random.below(7) == 0 { return connect() }
        if random.below(8) == 0 { return leave(client) }
        switch service {
        case .echo: return useEcho(client)
        case .chat: return useChat(client)
        }
    }

    private mutating func connect() -> ServingStep {
        defer { nextClient += 1 }
        open.append(nextClient)
        newcomer = nextClient
        return .connect(nextClient)
    }

    private mutating func leave(_ client: Int) -> ServingStep {
        open.removeAll { $0 == client }
        switch random.below(4) {
        case 0..<2: return .end(client)
        case 2: return .close(client)
        default: return .reset(client)
        }
    }

    private mutating func useEcho(_ client: Int) -> ServingStep {
        switch random.below(20) {
        case 0..<7: .send(client, bytes: random.number(in: 1...300))
        case 7..<9: .send(client, bytes: random.number(in: 1000...20_000))
        case 9: .send(client, bytes: random.number(in: 100_000...EchoModel.mostDue))
        case 10..<13: .receive(client, bytes: random.number(in: 1...1000))
        case 13..<17: .receiveAll(client)
        case 17..<19: .sendOutOfBand(client)
        default: .halfClose(client)
        }
    }

    private mutating func useChat(_ client: Int) -> ServingStep {
        switch random.below(20) {
        case 0..<3: .introduce(client)
        case 3..<5: .introduceBadly(client)
        case 5..<12: .say(client, lines: random.number(in: 1...4), bytes: random.number(in: 10...900))
        case 12: .sayTooMuch(client)
        case 13..<16: .pause(client)
        default: .resume(client)
        }
    }
}
