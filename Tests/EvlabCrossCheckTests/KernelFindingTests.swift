import EvlabCrossCheck
import Readiness
import Sockets
import Testing

/// What the checker found out about the kernel, each by the script that showed it. When a kernel does otherwise, the account
/// in the documentation has to change.
@Suite
struct KernelFindingTests {
    /// What `poll(2)` says of each descriptor after the last operation.
    private func states(after script: [Operation]) throws -> [Int: String] {
        let episode = try Episode(recording: true)
        #expect(try episode.run(script) == nil)
        let last = try #require(episode.trace.last)
        let states = last.kernel.filter { !$0.events.isEmpty }.map { ($0.descriptor.number, $0.events.letters) }
        return Dictionary(uniqueKeysWithValues: states)
    }

    @Test
    func `A write to a closed unix datagram peer throws away what it had sent before`() throws {
        let before: [Operation] = [.make(.unixDatagram, 0, 1), .write(0, 125), .close(0)]
        #expect(try states(after: before) == [1: "rw"])
        #expect(try states(after: before + [.write(1, 10)]) == [1: "w"])
    }

    @Test
    func `A TCP socket that has shut both halves answers data with a reset, of itself too`() throws {
        let before: [Operation] = [.make(.tcp, 0, 1), .shutDown(0, .both)]
        #expect(try states(after: before) == [0: "rwch", 1: "rwc"])
        #expect(try states(after: before + [.write(1, 10)]) == [0: "rwche", 1: "rwche"])
    }

    @Test
    func `An out-of-band byte that is refused shows as priority for ever`() throws {
        let refused: [Operation] = [.make(.tcp, 0, 1), .shutDown(0, .both), .sendOutOfBand(1)]
        #expect(try states(after: refused) == [0: "rwpche", 1: "rwche"])
        #expect(try states(after: refused + [.drain(0), .takeError(0)]) == [0: "rwpch", 1: "rwche"])
    }

    @Test
    func `A read at the mark loses an out-of-band byte that stands alone`() throws {
        let alone: [Operation] = [.make(.tcp, 0, 1), .sendOutOfBand(0)]
        #expect(try states(after: alone) == [0: "w", 1: "wp"])
        #expect(try states(after: alone + [.read(1, 10)]) == [0: "w", 1: "w"])
    }

    /// This one was ours: the registration of the file that had the number before was taken for that of the next one.
    @Test
    func `A number that somebody closed is not registered when a file gets it that epoll refuses`() throws {
        let finding = try Episode.finding(in: [
            .make(.tcpListener, 0, nil), .closeUntold(0), .make(.file, 1, nil), .modify(.epoll, 1, .readable),
        ])
        #expect(finding == nil)
    }

    @Test
    func `Closing a unix stream with unread bytes is an error at the other end, once`() throws {
        let closed: [Operation] = [.make(.unixStream, 0, 1), .write(0, 10), .close(1)]
        #expect(try states(after: closed) == [0: "rwche"])
        #expect(try states(after: closed + [.takeError(0)]) == [0: "rwch"])
    }
}
