import CLinux
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite("Batches")
struct BatchTests {
    /// Descriptors that are ready, registered under 0 and up.
    private struct Crowd: ~Copyable {
        var multiplexer: AnyMultiplexer
        private var events: TokenTable<Descriptor>

        init(_ count: Int, _ mode: MultiplexerMode) throws {
            var multiplexer = try mode.kind.make()
            var events = TokenTable<Descriptor>()
            for index in 0..<count {
                let event = try makeEventDescriptor(1)
                try multiplexer.add(event, for: .readable, trigger: mode.trigger, token: Token(index))
                _ = events.insert(event)
            }
            self.multiplexer = multiplexer
            self.events = events
        }

        /// Makes one of them quiet.
        mutating func take(_ index: Int) {
            events.withState(of: Token(index)) { event in
                #expect(clinux_eventfd_take(event.fileDescriptor.rawValue) == 1)
            }
        }
    }

    @Test(
        "fault 36: a batch smaller than what is ready leaves nobody out",
        .bug(id: "more-ready-than-a-batch"),
        arguments: MultiplexerKind.allCases,
        [1, 2, 3, 9, 64, 99]
    )
    func fairness(_ kind: MultiplexerKind, _ capacity: Int) throws {
        let size = 100
        var crowd = try Crowd(size, MultiplexerMode(kind, .level))
        var batch = try EventBatch(capacity: capacity)
        var counts = [Int](repeating: 0, count: size)
        for round in 1...400 {
            #expect(try crowd.multiplexer.wait(into: &batch, upTo: .zero) == capacity)
            while let event = batch.next() { counts[event.token.number] += 1 }
            // Everybody had a turn as often as everybody else, but for the round that was not finished.
            let least = try #require(counts.min())
            let most = try #require(counts.max())
            #expect(most - least <= 1 && least >= round * capacity / size)
        }
    }

    @Test(
        "fault 36: nor who was quiet for a while",
        .bug(id: "more-ready-than-a-batch"),
        arguments: MultiplexerKind.allCases
    )
    func quietOnes(_ kind: MultiplexerKind) throws {
        var crowd = try Crowd(50, MultiplexerMode(kind, .level))
        for index in 0..<50 where index % 7 != 0 { crowd.take(index) }
        var batch = try EventBatch(capacity: 3)
        var seen: Set<Int> = []
        for _ in 0..<3 {
            try crowd.multiplexer.wait(into: &batch, upTo: .zero)
            while let event = batch.next() { seen.insert(event.token.number) }
        }
        #expect(seen == Set(stride(from: 0, to: 50, by: 7)))
    }

    @Test("events that were not taken are not lost", arguments: MultiplexerMode.all)
    func leftovers(_ mode: MultiplexerMode) throws {
        var crowd = try Crowd(5, mode)
        var batch = try EventBatch(capacity: 8)
        var seen: Set<Token> = []
        for left in stride(from: 5, to: 0, by: -1) {
            #expect(try crowd.multiplexer.wait(into: &batch, upTo: .zero) == left)
            let count = batch.count
            let event = batch.next()
            #expect(count == left)
            seen.insert(try #require(event).token)
        }
        let isEmpty = batch.isEmpty
        #expect(seen.count == 5 && isEmpty)
    }

    @Test("a batch grows to its limit, and no event is lost over it", arguments: MultiplexerMode.all)
    func growth(_ mode: MultiplexerMode) throws {
        var crowd = try Crowd(200, mode)
        var batch = try EventBatch(capacity: 4, growingTo: 50)
        var capacities: [Int] = []
        var counts = [Int](repeating: 0, count: 200)
        while counts.contains(0), capacities.count < 20 {
            let count = try crowd.multiplexer.wait(into: &batch, upTo: .zero)
            #expect(count <= batch.capacity)
            capacities.append(batch.capacity)
            while let event = batch.next() {
                #expect(event.events == .readable)
                counts[event.token.number] += 1
            }
        }
        #expect(capacities == [4, 8, 16, 32, 50, 50, 50])
        #expect(!counts.contains(0))
        if mode.trigger != .level { #expect(counts.allSatisfy { $0 == 1 }) }
    }

    @Test("a batch that is not full does not grow", arguments: MultiplexerKind.allCases)
    func noGrowth(_ kind: MultiplexerKind) throws {
        var crowd = try Crowd(3, MultiplexerMode(kind, .level))
        var batch = try EventBatch(capacity: 4, growingTo: 64)
        for _ in 0..<5 {
            try crowd.multiplexer.wait(into: &batch, upTo: .zero)
            #expect(batch.rest().count == 3)
        }
        #expect(batch.capacity == 4)
    }

    @Test("fault 43: without memory to grow, what does not fit comes later", arguments: MultiplexerMode.all)
    func memoryPressure(_ mode: MultiplexerMode) async {
        await #expect(processExitsWith: .success) { [mode] in
            alarm(500)
            // The sanitizers end a process whose memory is out; there the batch merely grows.
            let isSanitized = unsafe dlsym(nil, "__sanitizer_print_stack_trace") != nil
            var crowd = try Crowd(200, mode)
            var batch = try EventBatch(capacity: 25, growingTo: 200)
            var counts = [Int](repeating: 0, count: 200)
            try crowd.multiplexer.wait(into: &batch, upTo: .zero)
            while let event = batch.next() { counts[event.token.number] += 1 }
            var results: [IOError?] = Array(repeating: nil, count: 7)
            let drought = isSanitized ? nil : try MemoryDrought()
            for round in 0..<7 {
                results[round] = failure { () throws(IOError) in
                    try crowd.multiplexer.wait(into: &batch, upTo: .zero)
                }
                while let event = batch.next() { counts[event.token.number] += 1 }
            }
            let capacity = batch.capacity
            drought?.end()
            #expect(results.allSatisfy { $0 == nil })
            #expect(isSanitized ? capacity == 200 : capacity == 25)
            if !isSanitized || mode.trigger != .level { #expect(counts.allSatisfy { $0 == 1 }) }
            // And when there is memory again, it grows after all.
            if mode.trigger == .level {
                for _ in 0..<5 {
                    try crowd.multiplexer.wait(into: &batch, upTo: .zero)
                    _ = batch.rest()
                }
                #expect(batch.capacity == 200)
            }
        }
    }
}
