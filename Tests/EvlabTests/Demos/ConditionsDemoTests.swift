import Glibc
import Testing

@Suite("demo conditions")
struct ConditionsDemoTests {
    /// What Linux answers, state by state.
    private static let states = #"""
        READABLE                                         select  poll                  epoll
        nothing has come                                 w       OUT                   OUT
            read: EAGAIN
        5 bytes have come                                rw      IN OUT                IN OUT
            getsockopt SO_RCVLOWAT: 1
        the same, SO_RCVLOWAT set to 8                   w       OUT                   OUT
            read: 5 bytes
        8 bytes have come, SO_RCVLOWAT still 8           rw      IN OUT                IN OUT
            read: 8 bytes
        the peer has shut its writing half               rw      IN OUT RDHUP          IN OUT RDHUP
            read: 0 bytes, the end
        5 bytes have come, and then the peer's end       rw      IN OUT RDHUP          IN OUT RDHUP
            read: 5 bytes
            read: 0 bytes, the end
        its own reading half is shut                     rw      IN OUT RDHUP          IN OUT RDHUP
            read: 0 bytes, the end
        a listener, no connection waits                  -       -                     -
            accept: EAGAIN
        a listener, a connection waits                   r       IN                    IN
            accept: a connection
        a listener, the one that waits was reset         r       IN                    IN
            accept: a connection
            read from it: ECONNRESET
        an error is pending: the peer has reset          rw      IN OUT RDHUP ERR HUP  IN OUT RDHUP ERR HUP
            getsockopt SO_ERROR: ECONNRESET
        the same, the error has been asked for           rw      IN OUT RDHUP HUP      IN OUT RDHUP HUP
            getsockopt SO_ERROR: 0
            read: 0 bytes, the end
        UDP, an error is pending: nobody has the port    rw      OUT ERR               OUT ERR
            read: ECONNREFUSED
        UDP, the error has been read                     w       OUT                   OUT
            read: EAGAIN

        WRITABLE                                         select  poll                  epoll
        there is room                                    w       OUT                   OUT
            getsockopt SO_SNDLOWAT: 1
            setsockopt SO_SNDLOWAT, 2048: ENOPROTOOPT
        the send buffer is full, the peer does not read  -       -                     -
            write: EAGAIN
        the peer has read                                w       OUT                   OUT
            write: 1 byte
        a unix socket, filled until it is not writable   -       -                     -
            write: 1 byte
        its own writing half is shut                     w       OUT                   OUT
            write: EPIPE, and SIGPIPE
            send MSG_NOSIGNAL: EPIPE
        both its halves are shut                         rw      IN OUT RDHUP HUP      IN OUT RDHUP HUP
            write: EPIPE, and SIGPIPE
        the peer has closed                              rw      IN OUT RDHUP          IN OUT RDHUP
            write: 1 byte
        the peer has closed, and has refused that byte   rw      IN OUT RDHUP ERR HUP  IN OUT RDHUP ERR HUP
            write: EPIPE, and SIGPIPE
        never connected                                  rw      OUT HUP               OUT HUP
            write: EPIPE, and SIGPIPE
        a connect is under way                           -       -                     -
            getsockopt SO_ERROR: 0
            getpeername: ENOTCONN
        a connect has succeeded                          w       OUT                   OUT
            getsockopt SO_ERROR: 0
            getpeername: the peer's address
        a connect has failed                             rw      IN OUT RDHUP ERR HUP  IN OUT RDHUP ERR HUP
            getpeername: ENOTCONN
            getsockopt SO_ERROR: ECONNREFUSED
        the same, the error has been asked for           rw      IN OUT RDHUP HUP      IN OUT RDHUP HUP
            getsockopt SO_ERROR: 0
            write: EPIPE, and SIGPIPE

        EXCEPTIONAL                                      select  poll                  epoll
        a byte has come out of band, nothing else        wx      PRI OUT               PRI OUT
            recv MSG_OOB: "!"
        the same, the byte has been taken                w       OUT                   OUT
            recv MSG_OOB: EINVAL
        another one, and a read comes first              wx      PRI OUT               PRI OUT
            read: EAGAIN
            recv MSG_OOB: EINVAL
        the same, after that read                        w       OUT                   OUT
        3 bytes in the stream, then one out of band      rwx     IN PRI OUT            IN PRI OUT
            read: 3 bytes
            recv MSG_OOB: "!"
        the same with SO_OOBINLINE                       rwx     IN PRI OUT            IN PRI OUT
            recv MSG_OOB: EINVAL
            read: 3 bytes
        SO_OOBINLINE, at the mark                        rwx     IN PRI OUT            IN PRI OUT
            read: 1 byte
        SO_OOBINLINE, past the mark                      w       OUT                   OUT
            read: EAGAIN

        Of these 35 states, 5 put the socket into select's third set.
        """#

    @Test("Every state, every answer and every call after it")
    func states() throws {
        let end = try Program.runEvlab(["demo", "conditions"])
        #expect(end.code == 0, "\(end.errors)")
        let output = end.output.split(separator: "\n", omittingEmptySubsequences: false)
        let expected = Self.states.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, expected) in zip(output, expected) { #expect(line == expected) }
        #expect(output.count > expected.count)
        #expect(output.allSatisfy { $0.count <= 100 })
    }

    /// Results of a call: the limit 0, a limit that expires, no limit and ready, no limit and a signal.
    private static let waits = ["0", "0", "1", "EINTR"]

    @Test("Every call waits as it was asked, and never too short")
    func waits() throws {
        let lines = try Program.runEvlab(["demo", "conditions"]).output.split(separator: "\n")
        for call in ["select", "pselect", "poll", "ppoll", "epoll_wait", "epoll_pwait2"] {
            // "poll  0 after 0.002 ms  0 after 20.070 ms ..."
            let line = try #require(lines.first { $0.hasPrefix(call + " ") && $0.contains(" after ") })
            let words = line.split(separator: " ")
            try #require(words.count == 17, "\(line)")
            #expect((0..<4).map { String(words[1 + $0 * 4]) } == Self.waits, "\(call)")
            let times = try (0..<4).map { try #require(Double(String(words[3 + $0 * 4]))) }
            // The descriptor and the signal have clocks of their own, which started before the wait.
            #expect(times[1] >= 20, "\(call)")
        }
    }

    @Test("select writes into what it was given, unless it fails; pselect keeps the limit")
    func remainders() throws {
        let output = try Program.runEvlab(["demo", "conditions"]).output
        let rows = output.split(separator: "\n").suffix(5).map { line in line.split(separator: " ").map(String.init) }
        // The words at the end: "EINTR 979.982 of 1000 ms left 2 left".
        let ends = rows.map { Array($0.suffix(8)) }
        #expect(ends.map(\.first) == ["1", "0", "EINTR", "EBADF", "1"])
        #expect(ends.map { $0[6] } == ["1", "0", "2", "2", "1"])
        #expect(ends.map { $0[3] } == ["1000", "20", "1000", "1000", "1000"])
        let left = try ends.map { try #require(Double($0[1])) }
        #expect(left[0] < 1000)
        #expect(left[1] == 0)
        #expect(left[2] < 1000)
        // At once, and yet the kernel writes what is left.
        #expect(left[3] < 1000)
        #expect(left[4] == 1000)
    }

    @Test("The record says the same", .enabled(if: has("python3")))
    func json() throws {
        let path = "/tmp/evlab-conditions-\(getpid()).json"
        defer { unsafe unlink(path) }
        #expect(try Program.runEvlab(["demo", "conditions", "--json", path]).code == 0)
        let check = """
            import json, sys
            c = json.load(open(sys.argv[1]))
            for group in c['groups']:
                for s in group['states']:
                    print(s['state'], ''.join(s['select']) or '-', ' '.join(s['poll']) or '-', ' '.join(s['epoll']) or '-')
                    for call in s['calls']: print(call['call'] + ':', call['result'])
            assert len(c['waits']) == 24 and len(c['remainders']) == 5
            assert all(w['nanoseconds'] >= 20e6 for w in c['waits'] if w['wait'] == 'expiring')
            """
        let end = try Program.run(["python3", "-c", check, path])
        #expect(end.code == 0, "\(end.errors)")
        let headings = ["READABLE", "WRITABLE", "EXCEPTIONAL", "Of these"]
        let expected = Self.states.split(separator: "\n").filter { line in !headings.contains { line.hasPrefix($0) } }
        #expect(end.output.split(separator: "\n").map(Self.words) == expected.map(Self.words))
    }

    private static func words(_ line: Substring) -> [Substring] { line.split(separator: " ") }

    @Test("A record that cannot be written is a failure before any work")
    func unwritable() throws {
        let end = try Program.runEvlab(["demo", "conditions", "--json", "/nowhere/at/all"])
        #expect(end.code == 1)
        #expect(end.output.isEmpty)
        #expect(end.errors.contains("/nowhere/at/all"))
    }
}
