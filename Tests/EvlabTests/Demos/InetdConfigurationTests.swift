import EvlabDemos
import Testing

@Suite("The configuration of demo inetd")
struct InetdConfigurationTests {
    @Test("Every kind of line")
    func services() throws {
        let text = """
            # services
            echo 7007/tcp internal
            \ttime   0/udp\tinternal  # over UDP

            hello 7100/tcp at-once=3 waiting=0 a-second=50 /bin/echo a=b # and a comment
            discard 7100/udp internal
            """
        let services = try InetdConfiguration(parsing: text).services
        #expect(services.map(\.label) == ["echo/tcp", "time/udp", "hello/tcp", "discard/udp"])
        #expect(services.map(\.port) == [7007, 0, 7100, 7100])
        var program = InetdProgram(path: "/bin/echo", arguments: ["a=b"])
        (program.atOnce, program.waiting, program.perSecond) = (3, 0, 50)
        #expect(services.map(\.action) == [.builtIn(.echo), .builtIn(.time), .program(program), .builtIn(.discard)])
    }

    @Test(
        "What is wrong is told by its line and with the remedy",
        arguments: [
            ("", "line 1: no service"),
            ("# nothing\n", "no service"),
            ("echo 7", "line 1: 'echo 7' is not complete"),
            ("\necho 7 internal", "line 2: '7' is no place"),
            ("echo 70000/tcp internal", "'70000/tcp' is no place"),
            ("echo -1/tcp internal", "'-1/tcp' is no place"),
            ("echo 7/tcp/4 internal", "is no place"),
            ("echo 7/sctp internal", "'sctp' is no transport: use tcp or udp"),
            ("eco 7/tcp internal", "'eco' is not built in: use one of echo, "),
            ("echo 7/tcp internal now", "'now' follows internal"),
            ("a 7/tcp cat", "'cat' is neither internal nor a path"),
            ("a 7/udp /bin/cat", "'/bin/cat' cannot serve udp"),
            ("a 7/tcp at-once=2", "no program is named"),
            ("a 7/tcp at-once=0 /bin/cat", "'at-once=0': use a number from 1 to 10000"),
            ("a 7/tcp waiting=-1 /bin/cat", "'waiting=-1': use a number from 0"),
            ("a 7/tcp a-second=10001 /bin/cat", "to 10000"),
            ("a 7/tcp a-second= /bin/cat", "'a-second=': use a number"),
            ("a 7/tcp often=1 /bin/cat", "'often=1' is not known: use at-once=N"),
            ("echo 7/tcp internal\ndiscard 7/tcp internal", "line 2: '7/tcp' is taken"),
        ]
    )
    func wrong(_ text: String, _ expected: String) {
        let error = #expect(throws: InetdConfigurationError.self) { try InetdConfiguration(parsing: text) }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }
}
