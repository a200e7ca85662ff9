import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite("Registering what cannot be registered")
struct RegistrationErrorTests {
    @Test(
        "fault 34: files that never block are refused by epoll, always ready elsewhere",
        .bug(id: "file-that-never-blocks"),
        arguments: MultiplexerMode.all,
        ["/dev/null", "/dev/zero", "/proc/self/exe", "/"]
    )
    func neverBlocks(_ mode: MultiplexerMode, _ path: FilePath) throws {
        let file = Descriptor(adopting: try FileDescriptor.open(path, .readOnly))
        var multiplexer = try mode.kind.make()
        let error = failure { () throws(IOError) in
            try multiplexer.add(file, for: .readable, trigger: mode.trigger, token: 1)
        }
        guard multiplexer.capabilities.contains(.anyFile) else {
            #expect(error?.code == .notPollable)
            #expect(error?.errno == .notPermitted)
            #expect(error?.detail.contains("directly") == true)
            #expect(failure { () throws(IOError) in try multiplexer.remove(file) }?.code == .notRegistered)
            return
        }
        #expect(error == nil)
        for _ in 0..<3 {
            #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 1, events: .readable)])
            if mode.trigger.isOneShot { try multiplexer.rearm(file) }
        }
    }

    @Test("fault 34: a terminal is like a socket", arguments: MultiplexerMode.all)
    func terminal(_ mode: MultiplexerMode) throws {
        let terminal = try Terminal()
        var multiplexer = try mode.kind.make()
        try multiplexer.add(terminal.terminal, for: .readable, trigger: mode.trigger, token: 1)
        #expect(try multiplexer.readyNow().isEmpty)
        try terminal.type("x")
        #expect(try multiplexer.readyNow().isEmpty)
        try terminal.type("\n")
        #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 1, events: .readable)])
    }

    @Test("fault 34: a terminal that others have too blocks for them again afterwards", arguments: MultiplexerMode.all)
    func sharedTerminal(_ mode: MultiplexerMode) throws {
        let terminal = try Terminal()
        let descriptor = terminal.terminal.fileDescriptor
        _ = fcntl(descriptor.rawValue, F_SETFL, O_RDWR)
        do {
            let shared = try SharedDescriptor(borrowing: descriptor)
            var multiplexer = try mode.kind.make()
            try multiplexer.add(shared, for: .readable, trigger: mode.trigger, token: 1)
            try terminal.type("a line\n")
            #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 1, events: .readable)])
            #expect(try shared.readText() == "a line\n")
            #expect(try shared.readText() == nil)
            try multiplexer.remove(shared)
        }
        #expect(fcntl(descriptor.rawValue, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test(
        "fault 22: a second add is refused and leaves the first undisturbed",
        arguments: MultiplexerMode.all
    )
    func addedTwice(_ mode: MultiplexerMode) throws {
        let event = try makeEventDescriptor(1)
        var multiplexer = try mode.kind.make()
        try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 1)
        for _ in 0..<2 {
            let error = failure { () throws(IOError) in
                try multiplexer.add(event, for: .writable, trigger: .level, token: 2)
            }
            #expect(error?.code == .alreadyRegistered)
            #expect(error?.errno == .fileExists)
        }
        #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 1, events: .readable)])
    }

    @Test("fault 22: what is not there is neither removed nor changed", arguments: MultiplexerKind.allCases)
    func notRegistered(_ kind: MultiplexerKind) throws {
        let event = try makeEventDescriptor(1)
        var multiplexer = try kind.make()
        func expectNotRegistered(sourceLocation: SourceLocation = #_sourceLocation) {
            let errors = [
                failure { () throws(IOError) in try multiplexer.remove(event) },
                failure { () throws(IOError) in try multiplexer.rearm(event) },
                failure { () throws(IOError) in
                    try multiplexer.modify(event, for: .readable, trigger: .level, token: 0)
                },
            ]
            #expect(errors.allSatisfy { $0?.code == .notRegistered }, sourceLocation: sourceLocation)
        }
        expectNotRegistered()
        try multiplexer.add(event, for: .readable, token: 0)
        try multiplexer.remove(event)
        expectNotRegistered()
        try multiplexer.add(event, for: .readable, token: 0)
        #expect(try multiplexer.readyNow().count == 1)
    }

    @Test(
        "fault 34: a number that is not open is closed, as the kernel says",
        .bug(id: "wrong-error-for-a-closed-number"),
        arguments: MultiplexerKind.allCases,
        [CInt(-1), .min, 900_000, .max]
    )
    func notOpen(_ kind: MultiplexerKind, _ number: CInt) throws {
        let descriptor = FileDescriptor(rawValue: number)
        var multiplexer = try kind.make()
        let error = failure { () throws(IOError) in try multiplexer.add(descriptor, for: .readable, token: 0) }
        #expect(error?.code == .closed)
        #expect(error?.errno == .badFileDescriptor)
        let changed = failure { () throws(IOError) in
            try multiplexer.modify(descriptor, for: .readable, trigger: .level, token: 0)
        }
        let others = [
            changed, failure { () throws(IOError) in try multiplexer.rearm(descriptor) },
            failure { () throws(IOError) in try multiplexer.remove(descriptor) },
        ]
        #expect(others.allSatisfy { $0?.code == .closed && $0?.errno == .badFileDescriptor })
        #expect(try multiplexer.readyNow().isEmpty)
    }

    @Test("what somebody else has closed is not there any more", arguments: MultiplexerMode.all)
    func closedByOthers(_ mode: MultiplexerMode) async {
        await #expect(processExitsWith: .success) { [mode] in
            alarm(500)
            var multiplexer = try mode.kind.make()
            for round in 0..<4 {
                let event = try movedUp(makeEventDescriptor(1)).release()
                try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 1)
                try event.close()
                switch round {
                case 0:
                    #expect(failure { () throws(IOError) in try multiplexer.rearm(event) }?.code == .closed)
                case 1:
                    #expect(failure { () throws(IOError) in try multiplexer.remove(event) }?.code == .closed)
                case 2:
                    let error = failure { () throws(IOError) in
                        try multiplexer.modify(event, for: .writable, trigger: .level, token: 2)
                    }
                    #expect(error?.code == .closed)
                default:
                    // The wait finds out by itself.
                    break
                }
                #expect(try multiplexer.readyNow().isEmpty)
                guard round < 3 || mode.kind != .epoll else { continue }
                #expect(failure { () throws(IOError) in try multiplexer.remove(event) }?.code == .closed)
            }
        }
    }

    @Test("an epoll cannot watch itself")
    func itself() throws {
        let epoll = try Epoll()
        #expect(
            failure { () throws(IOError) in try epoll.add(epoll, for: .readable, token: 0) }?.code == .invalidArgument
        )
    }

    @Test("a batch has room for something, and not for everything", arguments: [Int.min, -1, 0, (1 << 20) + 1, .max])
    func capacity(_ capacity: Int) {
        let error = failure { () throws(IOError) in try EventBatch(capacity: capacity) }
        #expect(error?.code == .outOfRange)
        #expect(error?.detail.contains("\(capacity)") == true)
    }

    @Test("a batch does not grow to less than it holds, nor to more than is possible", arguments: [9, (1 << 20) + 1])
    func limit(_ limit: Int) {
        let error = failure { () throws(IOError) in try EventBatch(capacity: 10, growingTo: limit) }
        #expect(error?.code == .outOfRange)
        #expect(error?.detail.contains("\(limit)") == true)
    }

    @Test(
        "a batch that still holds events of one multiplexer is refused by another",
        arguments: MultiplexerKind.allCases,
        MultiplexerKind.allCases
    )
    func foreignBatch(_ kind: MultiplexerKind, _ otherKind: MultiplexerKind) throws {
        let event = try makeEventDescriptor(1)
        var one = try kind.make()
        var other = try otherKind.make()
        try one.add(event, for: .readable, token: 1)
        try other.add(event, for: .readable, token: 2)
        var batch = try EventBatch(capacity: 8)
        try one.wait(into: &batch, upTo: .zero)
        let error: IOError?
        do throws(IOError) {
            try other.wait(into: &batch, upTo: .zero)
            error = nil
        } catch let failure {
            error = failure
        }
        #expect(error?.code == .busy)
        let leftovers = batch.rest()
        #expect(leftovers.map(\.token) == [1])
        try other.wait(into: &batch, upTo: .zero)
        let events = batch.rest()
        #expect(events.map(\.token) == [2])
    }
}
