import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Descriptors of 1,024 and above, each in a process of its own, where the numbers are free.
@Suite("High numbers")
struct HighNumberTests {
    /// A duplicate with the first free number from `lowest` on.
    private static func duplicate(_ holder: borrowing Descriptor, from lowest: CInt) throws -> Descriptor {
        let number = clinux_duplicate(holder.fileDescriptor.rawValue, lowest)
        try #require(number >= lowest)
        return Descriptor(adopting: FileDescriptor(rawValue: number))
    }

    @Test(
        "fault 35: the classic select refuses numbers that its bitmap has no room for",
        .bug(id: "descriptor-above-1023")
    )
    func classicLimit() async {
        await #expect(processExitsWith: .success) {
            alarm(500)
            _ = clinux_raise_descriptor_limit()
            let event = try makeEventDescriptor(1)
            var select = try Select(limit: .classic)
            #expect(!select.capabilities.contains(.anyNumber))
            let last = try Self.duplicate(event, from: 1023)
            let beyond = try Self.duplicate(event, from: 1024)
            #expect(last.fileDescriptor.rawValue == 1023)
            try select.add(last, for: .readable, token: 1)
            let error = failure { () throws(IOError) in try select.add(beyond, for: .readable, token: 2) }
            #expect(error?.code == .outOfRange)
            #expect(error?.detail.contains("1024") == true)
            #expect(try select.readyNow().map(\.token) == [1])
            #expect(failure { () throws(IOError) in try select.remove(beyond) }?.code == .notRegistered)
        }
    }

    @Test(
        "fault 35: otherwise they are as good as others",
        .bug(id: "descriptor-above-1023"),
        .bug(id: "work-for-each-possible-descriptor"),
        arguments: MultiplexerKind.allCases
    )
    func beyond(_ kind: MultiplexerKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let limit = CInt(clamping: clinux_raise_descriptor_limit())
            var multiplexer = try kind.make()
            #expect(multiplexer.capabilities.contains(.anyNumber))
            let event = try makeEventDescriptor(1)
            var copies = TokenTable<Descriptor>()
            let lowest: [CInt] = [63, 64, 127, 1000, 1023, 1024, 1087, 1088, 4095, limit - 1].filter { $0 < limit }
            for number in lowest {
                let copy = try Self.duplicate(event, from: number)
                let holder = copy.fileDescriptor
                let token = copies.insert(copy)
                try multiplexer.add(holder, for: .readable, trigger: .levelOneShot, token: token)
            }
            let tokens = Set(lowest.indices.map { Token($0) })
            #expect(try Set(multiplexer.readyNow().map(\.token)) == tokens)
            #expect(try multiplexer.readyNow().isEmpty)
            for token in tokens {
                let holder = copies.withState(of: token) { $0.fileDescriptor }
                try multiplexer.rearm(try #require(holder))
                #expect(try multiplexer.readyNow() == [EventBatch.Event(token: token, events: .readable)])
            }
            // The highest one goes, and is not heard of any more.
            copies.remove(Token(lowest.count - 1))
            for token in tokens.subtracting([Token(lowest.count - 1)]) {
                let holder = copies.withState(of: token) { $0.fileDescriptor }
                try multiplexer.rearm(try #require(holder))
            }
            #expect(try multiplexer.readyNow().count == lowest.count - 1)
        }
    }
}
