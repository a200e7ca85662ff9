internal import EventLoops

/// The room, for members who are served with tasks: one listens to a member, another tells that member what the others say.
///
/// Nobody waits for anybody: what a member does not read yet waits in the hall, up to a bound; beyond it the member is told
/// so and dropped, and the others go on. The hall is an actor, and runs where its callers do: on the loop.
actor ChatHall {
    private final class Guest {
        let connection: TCPConnection
        /// Rung when there is something to tell; it ends when there never will be again.
        let bell: AsyncStream<Void>.Continuation
        /// `nil` until a good one was given.
        var name: String?
        /// What is still to be told.
        var mail = ""
        var isLeaving = false

        init(_ connection: TCPConnection, _ bell: AsyncStream<Void>.Continuation) {
            self.connection = connection
            self.bell = bell
        }
    }

    private(set) var totals = ChatTotals()
    private let grace: Duration
    private var guests: [Int: Guest] = [:]
    /// Those with a name, in the order in which they came.
    private var members: [Int] = []
    private var lastNumber = 0

    init(grace: Duration) {
        self.grace = grace
    }

    // MARK: A guest's tasks

    /// Serves a connection until its user leaves.
    nonisolated func serve(_ connection: TCPConnection) async {
        let (bell, ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = await enter(connection, ringer)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen(to: connection, as: number) }
            // An error says that nobody is there any more.
            try? await self.tell(connection, whenever: bell, as: number)
            group.cancelAll()
        }
        await forget(number)
    }

    nonisolated private func listen(to connection: TCPConnection, as number: Int) async {
        var lines = LineSplitter(longest: ChatRules.longestLine)
        do {
            while let chunk = try await connection.read() {
                var heard: [LineSplitter.Line] = []
                lines.take(chunk.span) { heard.append($0) }
                for line in heard where await !hear(line, from: number) { return }
            }
            if let rest = lines.takeRest() { _ = await hear(rest, from: number) }
        } catch {
            // The connection is gone, and the user with it.
        }
        await leave(number)
    }

    nonisolated private func tell(
        _ connection: TCPConnection,
        whenever bell: AsyncStream<Void>,
        as number: Int
    ) async throws {
        for await _ in bell { try await connection.write(await takeMail(of: number)) }
    }

    // MARK: Coming and going

    private func enter(_ connection: TCPConnection, _ bell: AsyncStream<Void>.Continuation) -> Int {
        lastNumber += 1
        guests[lastNumber] = Guest(connection, bell)
        deliver("* welcome; what is your name?\n", to: lastNumber)
        return lastNumber
    }

    private func leave(_ number: Int) {
        guard dismiss(number), let name = guests[number]?.name else { return }
        tellAll("* \(name) leaves\n")
    }

    private func drop(_ number: Int) {
        guard dismiss(number, saying: "* you were dropped: you read too slowly\n") else { return }
        totals.dropped += 1
        guard let name = guests[number]?.name else { return }
        tellAll("* \(name) was dropped: it read too slowly\n")
    }

    private func forget(_ number: Int) {
        leave(number)
        guests[number] = nil
    }

    /// Says good-bye to all.
    func close() {
        for number in guests.keys { dismiss(number, saying: "* the room closes\n") }
    }

    /// Takes a guest off the list. What waits is still sent, while the grace lasts.
    @discardableResult
    private func dismiss(_ number: Int, saying lastWords: String = "") -> Bool {
        guard let guest = guests[number], !guest.isLeaving else { return false }
        guest.isLeaving = true
        guest.mail += lastWords
        members.removeAll { $0 == number }
        guest.bell.yield()
        guest.bell.finish()
        let connection = guest.connection
        Task(executorPreference: connection.loop) { [grace] in
            try? await connection.loop.sleep(for: grace)
            connection.abort()
        }
        return true
    }

    // MARK: Talking

    /// - Returns: whether more of this guest is to be heard.
    private func hear(_ line: LineSplitter.Line, from number: Int) -> Bool {
        guard let guest = guests[number], !guest.isLeaving else { return false }
        switch line {
        case .tooLong:
            deliver("* that was longer than \(ChatRules.longestLine) bytes and was not passed on\n", to: number)
        case .text(let text):
            if let name = guest.name { say(text, as: name, number) } else { introduce(guest, number, as: text) }
        }
        return !guest.isLeaving
    }

    private func say(_ text: String, as name: String, _ number: Int) {
        guard !text.isEmpty else { return }
        totals.lines += 1
        tellAll("\(name): \(text)\n", butNot: number)
    }

    private func introduce(_ guest: Guest, _ number: Int, as name: String) {
        guard ChatRules.isName(name) else {
            let rule = "a name has 1 to \(ChatRules.longestName) letters, digits, - or _"
            return deliver("* \(rule); try another\n", to: number)
        }
        let names = members.compactMap { guests[$0]?.name }
        guard !names.contains(name) else { return deliver("* \(name) is here already; try another\n", to: number) }
        guest.name = name
        totals.members += 1
        let others = names.isEmpty ? "is nobody else" : "are: " + names.joined(separator: ", ")
        deliver("* hello \(name); here \(others)\n", to: number)
        tellAll("* \(name) joins\n")
        members.append(number)
    }

    private func tellAll(_ line: String, butNot speaker: Int? = nil) {
        for number in members where number != speaker { deliver(line, to: number) }
    }

    private func deliver(_ line: String, to number: Int) {
        guard let guest = guests[number], !guest.isLeaving else { return }
        guard guest.mail.utf8.count + line.utf8.count <= ChatRules.longestQueue else { return drop(number) }
        guest.mail += line
        guest.bell.yield()
    }

    private func takeMail(of number: Int) -> String {
        guard let guest = guests[number] else { return "" }
        defer { guest.mail = "" }
        return guest.mail
    }
}
