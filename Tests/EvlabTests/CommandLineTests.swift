import Glibc
import Sockets
import Testing

/// What the command says to input that it cannot use.
@Suite
struct CommandLineTests {
    /// Arguments, and what the complaint must contain: the value, and the remedy.
    private static let misuses: [([String], [String])] = [
        (["demo", "echo", "--bogus"], ["--bogus", "--help"]),
        (["nonsense"], ["there is no 'nonsense': use demo, trace, table, crosscheck, compare", "evlab --help"]),
        (["demo", "nonsense"], ["there is no 'nonsense': use list, conditions", "evlab demo --help"]),
        (["demo", "echo", "--host", "nowhere.invalid"], ["nowhere.invalid", "127.0.0.1"]),
        (["demo", "echo", "--host", "1.2.3.256"], ["1.2.3.256", "0 to 255"]),
        (["demo", "echo", "--host", "::g"], ["::g", "::1"]),
        (["demo", "echo", "--port", "65536"], ["65536", "65535"]),
        (["demo", "echo", "--port", "-1"], ["'-1'", "0 to 65535"]),
        (["demo", "echo", "--port", ""], ["65535"]),
        (["demo", "echo", "--api", "smoke-signals"], ["smoke-signals", "Use one of bufferevent, event, multiplexer"]),
        (["demo", "echo", "--api", "reactor", "--method", "select", "--trigger", "edge"], ["edge", "use epoll ("]),
        (["demo", "echo", "--method", "iocp"], ["iocp", "epoll-changelist", "poll", "select"]),
        (["demo", "echo", "--api", "event", "--engine", "native"], ["event", "native", "libevent"]),
        (["demo", "echo", "--api", "bufferevent", "--engine", "native"], ["bufferevent", "native", "libevent"]),
        (["demo", "echo", "--api", "multiplexer", "--engine", "libevent"], ["multiplexer", "libevent", "native"]),
        (["demo", "echo", "--api", "multiplexer", "--method", "poll"], ["poll", "multiplexer", "epoll"]),
        (["demo", "echo", "--api", "event", "--method", "poll", "--trigger", "edge"], ["edge", "poll", "epoll"]),
        (["demo", "echo", "--api", "event", "--method", "select", "--trigger", "edge"], ["edge", "select", "epoll"]),
        (["demo", "echo", "--api", "bufferevent", "--trigger", "edge"], ["edge", "bufferevent", "level"]),
        (["compare", "nonsense"], ["nonsense", "echo"]),
        (["compare", "--subjects", "c-event,nginx"], ["nginx", "c-event", "multiplexer"]),
        (["compare", "--peer", "nginx"], ["nginx", "NAME=PATH"]),
        (["compare", "--subjects", "event,event"], ["event", "once"]),
        (["compare", "--sizes", "0"], ["'0'", "1 to"]),
        (["compare", "--sizes", "9999999999999999999999"], ["9999999999999999999999", "1 to"]),
        (["compare", "--sizes", "18014398509481985K"], ["18014398509481985K", "1 to"]),
        (["compare", "--n", "50,,2"], ["''", "1 to"]),
        (["compare", "--rounds", "0"], ["0", "1 to 1000"]),
        (["compare", "--seconds", "nan"], ["nan", "600"]),
        (["compare", "--seconds", "1e99"], ["1e+99", "600"]),
        (["generate", "--connect", "9000"], ["9000", "HOST:PORT"]),
        (["generate", "--connect", "127.0.0.1:1", "--messages", "0"], ["0", "1 or more"]),
        (["serve", "nginx"], ["nginx", "c-event"]),
    ]

    @Test("A usage error is one line that names the value and the remedy, and code 64", arguments: misuses)
    func misuse(_ arguments: [String], _ expected: [String]) throws {
        let end = try Program.runEvlab(arguments)
        #expect(end.code == 64)
        #expect(end.output.isEmpty)
        #expect(end.errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(end.errors)")
        for word in expected { #expect(end.errors.contains(word), "\(end.errors)") }
    }

    private func expectFailure(_ end: Program.End, _ words: [String]) {
        #expect(end.code == 1)
        #expect(end.output.isEmpty)
        #expect(end.errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2, "\(end.errors)")
        for word in words { #expect(end.errors.contains(word), "\(end.errors)") }
    }

    @Test("A port in use is a failure", arguments: EchoVariant.interfaces)
    func portInUse(_ variant: EchoVariant) throws {
        let holder = try Socket.listening(on: .loopback(port: 0))
        let port = try #require(try holder.localAddress().port)
        let end = try Program.runEvlab(["demo", "echo", "--port", String(port)] + variant.arguments)
        expectFailure(end, ["127.0.0.1:\(port)", "--port"])
    }

    @Test("A port without right is a failure", .enabled(if: has("setpriv")), arguments: EchoVariant.interfaces)
    func privilegedPort(_ variant: EchoVariant) throws {
        let command = [Program.evlabPath, "demo", "echo", "--port", "1"] + variant.arguments
        // Root has the right, unless it is taken away; everybody else lacks it.
        let withoutRight =
            geteuid() == 0 ? ["setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service"] : []
        expectFailure(try Program.run(withoutRight + command), ["127.0.0.1:1", "--port"])
    }

    @Test("An address that is not this machine's is a failure")
    func foreignAddress() throws {
        // 192.0.2.0/24 is for documentation only.
        let end = try Program.runEvlab(["demo", "echo", "--host", "192.0.2.1", "--port", "0"])
        expectFailure(end, ["192.0.2.1", "--host"])
    }

    @Test("A method that the machine lacks is a failure", arguments: ["kqueue", "devpoll", "evport"])
    func foreignMethod(_ method: String) throws {
        expectFailure(try Program.runEvlab(["demo", "echo", "--method", method]), [method, "epoll"])
    }

    @Test("A file that cannot be written is a failure before any work")
    func unwritableFile() throws {
        let end = try Program.runEvlab(["compare", "echo", "--json", "/nowhere/at/all.json"])
        expectFailure(end, ["/nowhere/at/all.json"])
    }

    @Test(
        "Help goes to standard output",
        arguments: [[], ["--help"], ["demo"], ["demo", "echo", "--help"], ["compare", "-h"]]
    )
    func help(_ arguments: [String]) throws {
        let end = try Program.runEvlab(arguments)
        #expect(end.code == 0)
        #expect(end.output.contains("USAGE: evlab"))
        #expect(end.errors.isEmpty)
    }

    @Test("The help of echo says what to type and what to watch")
    func helpOfEcho() throws {
        let help = try Program.runEvlab(["demo", "echo", "--help"]).output
        for words in ["evlab demo echo", "nc -N 127.0.0.1 9000", "Ctrl-D", "strace"] { #expect(help.contains(words)) }
    }

    @Test("The list names the demonstrations")
    func list() throws {
        let end = try Program.runEvlab(["demo", "list"])
        #expect(end.code == 0)
        #expect(end.output.contains("echo: "))
    }

    @Test("localhost is 127.0.0.1; IPv6 is taken, with or without brackets", arguments: ["localhost", "::1", "[::1]"])
    func hosts(_ host: String) throws {
        var program = try Program.evlab(["demo", "echo", "--host", host, "--port", "0"])
        let line = try program.line()
        #expect(line.hasPrefix("listening on " + (host == "localhost" ? "127.0.0.1:" : "[::1]:")))
    }
}
