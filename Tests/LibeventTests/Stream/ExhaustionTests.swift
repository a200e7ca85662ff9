import FaultTools
import Glibc
import Libevent
import Readiness
import Sockets
import SystemPackage
import Testing

/// A full descriptor table. Each body runs in a process of its own, whose limit it lowers.
@Suite struct ExhaustionTests {
    /// libevent's own listener calls its error handler hundreds of thousands of times a second here.
    @Test(arguments: [Acceptor.Exhaustion.shed, .pause])
    func aFullTableNeitherSpinsNorLastsForEver(exhaustion: Acceptor.Exhaustion) async {
        if exhaustion == .shed {
            await #expect(processExitsWith: .exitCode(0)) { try fillTheTable(.shed) }
        } else {
            await #expect(processExitsWith: .exitCode(0)) { try fillTheTable(.pause) }
        }
    }

    /// A base with locks has a descriptor of libevent's own; Debian's libevent ends the process when its select is given
    /// one from 1,024 on.
    @Test func aBaseWithLocksOnSelectIsRefusedWhenNoLowDescriptorIsLeft() async {
        await #expect(processExitsWith: .exitCode(0)) { try useUpLowDescriptors() }
    }
}

private func useUpLowDescriptors() throws {
    alarm(500)
    // For a table of its own, in which no other thread opens or closes any.
    _ = try DescriptorLimit(lowestAllowed: 1100)
    var fillers: [Holder] = []
    var lowest: CInt = 0
    // 1022 and 1023 are left, one too few.
    while lowest < 1021 {
        let filler = try Socket(.unix)
        lowest = filler.fileDescriptor.rawValue
        fillers.append(Holder(filler))
    }
    var configuration = EventConfiguration(method: .select)
    configuration.flags.remove(.noLock)
    let error = #expect(throws: IOError.self) { try EventBase(configuration) }
    try #require(error?.code == .outOfRange)
    // Without locks there is no such descriptor, and other methods take every number.
    _ = try EventBase(EventConfiguration(method: .select))
    _ = try EventBase(TestBase.epollWithLocks.configuration)
    fillers.removeLast(16)
    _ = try EventBase(configuration)
    exit(0)
}

private func fillTheTable(_ exhaustion: Acceptor.Exhaustion) throws {
    alarm(500)
    for kind in TestBase.allCases {
        let base = try kind.make()
        var accepted: [Holder] = []
        var errors: [IOError] = []
        let listener = try ConnectionListener(on: base, address: .loopback(port: 0), whenExhausted: exhaustion) {
            socket,
            _ in
            accepted.append(Holder(socket))
        }
        listener.onError { errors.append($0) }

        // Clients first, then every number that is left is taken: from this thread alone, for others open and close some.
        let clients = try (0..<4).map { _ in Holder(try Socket.connecting(to: listener.address).intoSocket()) }
        let limit = try DescriptorLimit(lowestAllowed: 200)
        var fillers: [Holder] = []
        while let filler = try? Socket(.unix) { fillers.append(Holder(filler)) }
        var turns = 0
        var isOver = false
        try base.schedule(after: .milliseconds(200)) { _ in isOver = true }
        while !isOver {
            try base.run(.once)
            turns += 1
        }
        try #require(accepted.isEmpty)
        try #require(!errors.isEmpty && errors.allSatisfy { $0.code == .noDescriptors })
        try #require(turns < 20, "the loop turned \(turns) times in 200 ms")

        // With room again it goes on by itself, also for those who waited.
        fillers = []
        limit.end()
        let late = Holder(try Socket.connecting(to: listener.address).intoSocket())
        let expected = exhaustion == .shed ? 1 : clients.count + 1
        try base.run(until: { accepted.count == expected })
        try #require(listener.shedConnections == (exhaustion == .shed ? clients.count : 0))
        listener.close()
        _ = late
    }
    exit(0)
}
