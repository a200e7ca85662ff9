import FaultTools
import Glibc
import Sockets
import SystemPackage
import Testing

/// Transfers of more than 2 GiB in one call, of which the kernel takes at most 2,147,479,552 bytes. A sanitizer keeps a shadow
/// of the memory, so the calls are smaller under one.
@Suite("More than 2 GiB in one call", .serialized)
struct LargeTransferTests {
    private static let mostPerCall = 2_147_479_552

    private let mapping: LargeMapping

    init() throws {
        mapping = try LargeMapping(isSanitized ? 1 << 26 : 1 << 31 + 4096)
    }

    @Test("a write says how much of it was taken", .bug(id: "more-than-2-gib"))
    func write() throws {
        let null = Descriptor(adopting: try FileDescriptor.open(FilePath("/dev/null"), .writeOnly))
        let first = min(mapping.count, Self.mostPerCall)
        #expect(try null.write(mapping.span) == .bytes(first))
        let rest = mapping.span.extracting(droppingFirst: first)
        #expect(try null.write(rest) == .bytes(mapping.count - first))
    }

    @Test("a socket and a pipe take what they have room for", .bug(id: "more-than-2-gib"), arguments: [false, true])
    func writeToAFullPeer(inTwoPieces: Bool) throws {
        let pair = try Socket.pair()
        let outcome = inTwoPieces ? try pair.first.write([1].span, mapping.span) : try pair.first.write(mapping.span)
        guard case .bytes(let count) = outcome else {
            Issue.record("nothing was taken")
            return
        }
        #expect(count > 0 && count < Self.mostPerCall)
        #expect(try pair.first.write(mapping.span) == .wouldBlock)
        var received = 0
        while case .bytes(let more) = try pair.second.readOnce().outcome { received += more }
        #expect(received == count)
    }

    @Test("a read into so much room says how much there was", .bug(id: "more-than-2-gib"))
    func read() throws {
        let pair = try Socket.pair()
        _ = try pair.first.write([1, 2, 3])
        let outcomes = try mapping.withMutableSpan { (span) throws(IOError) in
            let first = try pair.second.read(into: &span)
            return [first, try pair.second.read(into: &span)]
        }
        #expect(outcomes == [.bytes(3), .wouldBlock])
        #expect(mapping.span[2] == 3 && mapping.span[3] == 0)
    }
}
