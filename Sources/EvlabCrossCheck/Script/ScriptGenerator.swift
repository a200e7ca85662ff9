internal import Readiness
internal import SeededRandom
internal import Sockets

/// Makes scripts from a seed: the same seed gives the same script, on every machine. What a script finds out decides
/// nothing in it.
package struct ScriptGenerator {
    /// What the generator remembers of a descriptor it has made.
    private struct Made {
        let id: DescriptorID
        let kind: DescriptorKind
        /// The end to write, of a pipe.
        var isSecond = false
        /// Connections that were not accepted.
        var waiting = 0
        /// It was filled, so that it is good to empty the other end one day.
        var wasFilled = false
        /// The other end.
        var peer: DescriptorID?
    }

    private static let fewest = 4
    private static let most = 12

    private var random: RepeatableRandom
    private var made: [Made] = []
    private var nextNumber = 0
    private var queue: [Operation] = []

    package init(seed: UInt64) {
        random = RepeatableRandom(seed: seed)
    }

    /// So many operations.
    package static func script(seed: UInt64, count: Int) -> [Operation] {
        var generator = ScriptGenerator(seed: seed)
        return (0..<count).map { _ in generator.next() }
    }

    /// The next operation.
    package mutating func next() -> Operation {
        if !queue.isEmpty { return queue.removeFirst() }
        if made.count < Self.fewest { return make() }
        switch random.below(100) {
        case 0..<8: return made.count < Self.most ? make() : close()
        case 8..<13: return close()
        case 13..<16: return replace()
        case 16..<19: return connection()
        case 19..<22: return duplicate()
        case 22..<32: return watching()
        case 32..<34: return random.below(3) == 0 ? .wait : .wake
        case 34..<39: return [.lookAway, .holdEvents, .holdEvents][random.below(3)]
        default: return use()
        }
    }

    private mutating func newID() -> DescriptorID {
        defer { nextNumber += 1 }
        return DescriptorID(nextNumber)
    }

    // MARK: Opening and closing

    private mutating func remember(_ kind: DescriptorKind) -> (DescriptorID, DescriptorID?) {
        let first = newID()
        let second = kind.hasTwoEnds ? newID() : nil
        made.append(Made(id: first, kind: kind, peer: second))
        if let second { made.append(Made(id: second, kind: kind, isSecond: true, peer: first)) }
        return (first, second)
    }

    private mutating func randomKind() -> DescriptorKind {
        // TCP is where most happens.
        random.below(4) == 0 ? .tcp : DescriptorKind.allCases[random.below(DescriptorKind.allCases.count)]
    }

    private mutating func make() -> Operation {
        let kind = randomKind()
        let (first, second) = remember(kind)
        return .make(kind, first, second)
    }

    private mutating func takeAny() -> Made? {
        guard !made.isEmpty else { return nil }
        return made.remove(at: random.below(made.count))
    }

    private mutating func close() -> Operation {
        guard let old = takeAny() else { return make() }
        if old.kind.isTCP, random.below(3) == 0 { return .reset(old.id) }
        return random.below(6) == 0 ? .closeUntold(old.id) : .close(old.id)
    }

    private mutating func replace() -> Operation {
        guard let old = takeAny() else { return make() }
        let kind = randomKind()
        let (first, second) = remember(kind)
        return .replace(old.id, kind, first, second)
    }

    private mutating func connection() -> Operation {
        let listeners = made.indices.filter { made[$0].kind.connection != nil }
        guard let index = random.element(of: listeners) else { return connectInVain() }
        let id = newID()
        let listener = made[index].id
        let kind = made[index].kind.connection ?? .tcp
        if made[index].waiting > 0, random.below(2) == 0 {
            made[index].waiting -= 1
            made.append(Made(id: id, kind: kind))
            return .accept(id, from: listener)
        }
        guard random.below(4) != 0, made[index].waiting < Model.mostWaiting else {
            made.append(Made(id: id, kind: .tcp))
            return .connectInVain(id)
        }
        made[index].waiting += 1
        made.append(Made(id: id, kind: kind))
        return .connect(id, to: listener)
    }

    private mutating func connectInVain() -> Operation {
        guard random.below(2) == 0 else {
            let kind: DescriptorKind = [.tcpListener, .tcpIPv6Listener, .unixListener][random.below(3)]
            let (first, _) = remember(kind)
            return .make(kind, first, nil)
        }
        let id = newID()
        made.append(Made(id: id, kind: .tcp))
        return .connectInVain(id)
    }

    private mutating func duplicate() -> Operation {
        guard let old = random.element(of: made) else { return make() }
        let copy = newID()
        made.append(Made(id: copy, kind: old.kind, isSecond: old.isSecond, peer: old.peer))
        return .duplicate(old.id, as: copy)
    }

    // MARK: Observers

    private mutating func watching() -> Operation {
        guard let some = random.element(of: made) else { return make() }
        let name = ObserverName.allCases[random.below(ObserverName.allCases.count)]
        switch random.below(10) {
        case 0..<2:
            // What is removed soon comes back.
            if random.below(4) != 0 { queue.append(.register(name, some.id, interest())) }
            return .remove(name, some.id)
        case 2..<3: return .register(name, some.id, interest())
        case 3..<6: return .modify(name, some.id, interest())
        default: return .rearm(name, some.id)
        }
    }

    private mutating func interest() -> Interest {
        let all: [Interest] = [.readable, .writable, .priority, .peerClosed]
        guard random.below(3) != 0 else { return Interest(all) }
        return Interest(all.filter { _ in random.below(2) == 0 })
    }

    // MARK: Using

    private mutating func use() -> Operation {
        guard !made.isEmpty else { return make() }
        let index = random.below(made.count)
        let some = made[index]
        // What was filled is emptied soon: in between, only the kernel knows how much room there is.
        if let full = made.first(where: \.wasFilled), random.below(3) == 0 { return empty(full) }
        switch some.kind {
        case .tcp, .tcpIPv6: return useTCP(some, index)
        case .pipe: return some.isSecond ? write(some, index) : read(some)
        case .unixStream, .unixDatagram, .unixSequentialPackets: return useSocket(some, index)
        case .udp, .udpUnanswered: return useSocket(some, index)
        case .counter: return random.below(2) == 0 ? write(some, index) : read(some)
        case .tcpListener, .tcpIPv6Listener, .unixListener: return connection()
        case .tcpUnconnected, .file: return watching()
        }
    }

    private mutating func empty(_ full: Made) -> Operation {
        for index in made.indices where made[index].id == full.id { made[index].wasFilled = false }
        guard full.kind != .counter, let peer = full.peer else { return .drain(full.id) }
        return .drain(peer)
    }

    private mutating func write(_ some: Made, _ index: Int) -> Operation {
        guard random.below(8) == 0 else { return .write(some.id, random.number(in: 1...200)) }
        made[index].wasFilled = true
        return .fill(some.id)
    }

    private mutating func read(_ some: Made) -> Operation {
        random.below(3) == 0 ? .drain(some.id) : .read(some.id, random.number(in: 1...300))
    }

    private mutating func useSocket(_ some: Made, _ index: Int) -> Operation {
        switch random.below(20) {
        case 0..<9: write(some, index)
        case 9..<18: read(some)
        case 18..<19: .shutDown(some.id, Half.allCases[random.below(Half.allCases.count)])
        default: .takeError(some.id)
        }
    }

    private mutating func useTCP(_ some: Made, _ index: Int) -> Operation {
        switch random.below(20) {
        case 0..<2: .sendOutOfBand(some.id)
        case 2..<4: .receiveOutOfBand(some.id)
        case 4..<5: .takeOutOfBandInline(some.id)
        default: useSocket(some, index)
        }
    }
}
