import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Each in a process of its own, for a child has what its parent has.
@Suite("Forked children and programs")
struct ForkTests {
    @Test(
        "fault 23: a child is refused, makes a multiplexer of its own, and leaves its parent's alone",
        .bug(id: "loop-shared-by-a-fork"),
        arguments: MultiplexerKind.allCases
    )
    func fork(_ kind: MultiplexerKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            var multiplexer = try kind.make()
            let pair = try Socket.pair()
            try multiplexer.add(pair.first, for: .readable, trigger: .level, token: 1)
            let number = pair.first.fileDescriptor
            let child = try ForkedChild {
                var batch = try EventBatch(capacity: 4)
                let refusals = [
                    failure { () throws(IOError) in try multiplexer.remove(number) },
                    failure { () throws(IOError) in try multiplexer.rearm(number) },
                    failure { () throws(IOError) in
                        try multiplexer.modify(number, for: [], trigger: .level, token: 2)
                    },
                    failure { () throws(IOError) in
                        try multiplexer.add(pair.second, for: .readable, trigger: .level, token: 2)
                    },
                    failure { () throws(IOError) in try multiplexer.wait(into: &batch, upTo: .zero) },
                ]
                var own = try kind.make()
                let event = try makeEventDescriptor(1)
                try own.add(number, for: .readable, trigger: .level, token: 2)
                try own.add(event, for: .readable, trigger: .level, token: 3)
                let tokens = try own.readyNow().map(\.token)
                Descriptor(adopting: number).close()
                return refusals.allSatisfy { $0?.code == .forked } && tokens == [3]
            }
            let isRight = child.succeeds()
            #expect(isRight)
            #expect(try multiplexer.readyNow().isEmpty)
            try pair.second.write("x")
            #expect(try multiplexer.nextEvents() == [EventBatch.Event(token: 1, events: .readable)])
            try multiplexer.remove(number)
        }
    }

    @Test(
        "fault 20: a descriptor that a child inherited, and we closed, is heard of no more",
        .bug(id: "descriptor-held-by-a-child"),
        arguments: MultiplexerMode.all
    )
    func inherited(_ mode: MultiplexerMode) async {
        await #expect(processExitsWith: .success) { [mode] in
            alarm(500)
            var multiplexer = try mode.kind.make()
            let interest = mode.kind.everyInterest
            try Socket.pair().split { (first, second) throws in
                try multiplexer.add(first, for: interest, trigger: mode.trigger, token: 1)
                let child = try ForkedChild {
                    while true { pause() }
                }
                first.close()
                try second.write("x")
                // A registration that is left in the kernel would end this wait at once, or keep it from sleeping.
                // On a busy machine the time may be over before the wait begins: then once more.
                let sleeps = voluntarySwitches()
                var batch = try EventBatch(capacity: 4)
                for _ in 0..<100 where voluntarySwitches() == sleeps {
                    #expect(try multiplexer.wait(into: &batch, upTo: .milliseconds(20)) == 0)
                }
                #expect(voluntarySwitches() > sleeps)
                // The number is free for others.
                let event = try makeEventDescriptor(1)
                try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: 2)
                #expect(try multiplexer.readyNow() == [EventBatch.Event(token: 2, events: .readable)])
                child.kill()
            }
        }
    }

    @Test(
        "fault 24: programs that are started inherit nothing of a multiplexer",
        .bug(id: "inherited-sockets"),
        arguments: MultiplexerKind.allCases
    )
    func closeOnExec(_ kind: MultiplexerKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let before = Self.epollNumbers()
            var multiplexers = TokenTable<AnyMultiplexer>()
            let count = 20
            for _ in 0..<count { _ = multiplexers.insert(try kind.make()) }
            let new = Self.epollNumbers().subtracting(before)
            // Others may have one too, but not so many. Only that of epoll is itself a descriptor.
            #expect((new.count >= count) == (kind == .epoll))
            #expect(new.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
        }
    }

    /// The numbers of all instances of epoll that the process has.
    private static func epollNumbers() -> Set<CInt> {
        var buffer = [UInt8](repeating: 0, count: 64)
        let numbers = (0..<1024).filter { (number: CInt) in
            let length = unsafe clinux_read_link("/proc/self/fd/\(number)", &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(0, length)), as: UTF8.self) == "anon_inode:[eventpoll]"
        }
        return Set(numbers)
    }
}
