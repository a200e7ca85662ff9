internal import Readiness
internal import Sockets

/// The room: who is in it, and who hears what.
///
/// Nobody waits for anybody. What a member does not read yet is queued for that member alone, up to a bound; beyond it the
/// member is told so and dropped, and the others go on.
final class ChatRoom<Engine: EventEngine> {
    typealias Member = ChatMember<Engine>

    let end: GracefulEnd<Engine>
    var totals = ChatTotals()
    private unowned let engine: Engine
    /// Small, so that one who writes much is heard in turn with the others.
    private let buffer = ReadBuffer(capacity: 4096)
    /// Those with a name, in the order in which they came.
    private var members: [Member] = []
    /// Those who were not asked to leave, named or not.
    private var present: [ObjectIdentifier: Member] = [:]
    private var isFlushing = false
    private var isClosing = false

    init(on engine: Engine, _ grace: Duration) {
        self.engine = engine
        end = GracefulEnd(engine, grace: grace)
    }

    // MARK: Coming and going

    func enter(_ socket: consuming Socket, _ peer: SocketAddress?) throws(IOError) {
        let stream = try DemoStream(on: engine, adopting: socket, from: peer, end: end, buffer: buffer)
        let member = Member(stream)
        present[ObjectIdentifier(stream)] = member
        var handlers = DemoStream<Engine>.Handlers()
        handlers.bytes = { [unowned self, unowned member] _, bytes in
            member.lines.take(bytes) { hear($0, from: member) }
            flush()
        }
        handlers.end = { [unowned self, unowned member] stream in
            if let rest = member.lines.takeRest() { hear(rest, from: member) }
            leave(member)
            stream.finish()
            flush()
        }
        handlers.closed = { [unowned self] stream in
            if let member = present[ObjectIdentifier(stream)] { leave(member) }
            flush()
        }
        stream.start(handlers)
        stream.queue("* welcome; what is your name?\n")
        flush()
    }

    /// Says good-bye to all.
    func close() {
        isClosing = true
        for member in Array(present.values) {
            member.stream.queue("* the room closes\n")
            member.stream.finish()
        }
        members = []
        present = [:]
    }

    private func leave(_ member: Member) {
        present[ObjectIdentifier(member.stream)] = nil
        guard let index = members.firstIndex(where: { $0 === member }) else { return }
        members.remove(at: index)
        tell("* \(member.name ?? "") leaves\n")
    }

    private func drop(_ member: Member) {
        guard present.removeValue(forKey: ObjectIdentifier(member.stream)) != nil else { return }
        totals.dropped += 1
        member.stream.finish(saying: "* you were dropped: you read too slowly\n")
        guard let index = members.firstIndex(where: { $0 === member }) else { return }
        members.remove(at: index)
        tell("* \(member.name ?? "") was dropped: it read too slowly\n")
    }

    // MARK: Talking

    private func hear(_ line: LineSplitter.Line, from member: Member) {
        // It may have been dropped, or the room closed, over an earlier line.
        guard !isClosing, present[ObjectIdentifier(member.stream)] != nil else { return }
        switch line {
        case .tooLong:
            deliver("* that was longer than \(ChatRules.longestLine) bytes and was not passed on\n", to: member)
        case .text(let text):
            guard let name = member.name else { return introduce(member, as: text) }
            guard !text.isEmpty else { return }
            totals.lines += 1
            tell("\(name): \(text)\n", butNot: member)
        }
    }

    private func introduce(_ member: Member, as name: String) {
        guard ChatRules.isName(name) else {
            let rule = "a name has 1 to \(ChatRules.longestName) letters, digits, - or _"
            return deliver("* \(rule); try another\n", to: member)
        }
        guard !members.contains(where: { $0.name == name }) else {
            return deliver("* \(name) is here already; try another\n", to: member)
        }
        member.name = name
        totals.members += 1
        let others = members.compactMap(\.name).joined(separator: ", ")
        deliver("* hello \(name); here \(others.isEmpty ? "is nobody else" : "are: " + others)\n", to: member)
        tell("* \(name) joins\n")
        members.append(member)
    }

    private func tell(_ line: String, butNot speaker: Member? = nil) {
        for member in members where member !== speaker { deliver(line, to: member) }
    }

    private func deliver(_ line: String, to member: Member) {
        if member.stream.queued + line.utf8.count > ChatRules.longestQueue {
            // Much of it may be of this turn, and never offered to the socket.
            member.stream.flush()
            guard member.stream.queued + line.utf8.count <= ChatRules.longestQueue else { return drop(member) }
        }
        member.stream.queue(line)
    }

    /// Sends what the turn has left in the queues: one write a member, however many lines there are for it.
    private func flush() {
        guard !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        var isWorthAnother = true
        while isWorthAnother {
            // A write can find that somebody has gone, of which the others are then told.
            let count = present.count
            for member in Array(present.values) { member.stream.flush() }
            isWorthAnother = present.count < count
        }
    }
}
