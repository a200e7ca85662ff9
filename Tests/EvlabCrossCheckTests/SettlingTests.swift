import EvlabCrossCheck
import Multiplexing
import Sockets
import Testing

/// What a world does has to follow from its operations, not from timers: else a slow machine finds what no other does.
@Suite
struct SettlingTests {
    /// Small pieces made the kernel drop what it then sent again after 0.2 s, 0.4 s and so on, which was longer than anybody
    /// waits when the operations came slowly.
    @Test(arguments: [DescriptorKind.tcp, .tcpIPv6])
    func `A TCP connection comes to rest however often it is filled and emptied`(_ kind: DescriptorKind) throws {
        let episode = try Episode()
        _ = try episode.run(.make(kind, 0, 1))
        for round in 0..<12 {
            for count in 0..<(round % 5) { #expect(try episode.run(.write(0, 40 * count + 1)) == nil) }
            for operation in [Operation.fill(0), .read(1, 200), .drain(1)] {
                #expect(try episode.run(operation) == nil)
            }
        }
        // Of a fill that is still at work the model leaves open what comes of it; here the reads alone do.
        #expect(episode.counts.openPredictions == 12)
    }

    /// After 0.2 s a sender probes a window that has too little room for a segment, by sending what does fit. A buffer that was
    /// not full to the brim had room for a write then.
    @Test
    func `A TCP connection that was filled stays so`() throws {
        let episode = try Episode()
        for pair in 0..<7 {
            let (writer, reader) = (DescriptorID(2 * pair), DescriptorID(2 * pair + 1))
            let writes = (0..<3 * pair).map { Operation.write(writer, 1 + 29 * $0 % 200) }
            try #require(try episode.run([.make(.tcp, writer, reader)] + writes + [.fill(writer)]) == nil)
        }
        let end = MonotonicInstant.now.advanced(by: .milliseconds(500))
        while MonotonicInstant.now < end { try #require(try episode.run(.wake) == nil) }
        #expect(episode.counts.openPredictions == 0)
    }

    @Test
    func `A connection that waits to be accepted is filled and emptied too`() throws {
        let finding = try Episode.finding(in: [
            .make(.tcpListener, 0, nil), .connect(1, to: 0), .write(1, 100), .fill(1), .accept(2, from: 0), .drain(2),
            .fill(1), .drain(2), .fill(2), .drain(1),
        ])
        #expect(finding == nil)
    }

    /// Whether it is answered with a reset depends on what else the machine has done lately.
    @Test
    func `What an end does that goes to a closed peer is left open, until the error is asked for`() throws {
        let episode = try Episode()
        #expect(try episode.run([.make(.tcp, 0, 1), .close(1), .shutDown(0, .writing), .drain(0)]) == nil)
        #expect(episode.counts.openPredictions == 2)
        #expect(try episode.run([.takeError(0)]) == nil)
        #expect(episode.counts.openPredictions == 2)
    }

    /// Its kernel does not say that there is room again, so that the writer's timer decides when the rest comes.
    @Test
    func `Nobody fills a TCP connection whose other end has shut its reading half`() throws {
        let episode = try Episode()
        let finding = try episode.run([.make(.tcp, 0, 1), .shutDown(1, .reading), .fill(0), .write(0, 10), .drain(1)])
        #expect(finding == nil)
        #expect(episode.counts.operations[.fill] == nil)
        #expect(episode.counts.operations[.drain] == 1)
    }
}
