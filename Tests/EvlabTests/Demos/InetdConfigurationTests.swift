import EvlabDemos
import Glibc
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

    @Test("Eight times as many services take about eight times as long", .bug(id: "quadratic-configuration"))
    func manyServices() throws {
        // The least of three: another thread may have the caches meanwhile.
        func cost(_ count: Int) throws -> Int {
            let text = (1...count).map { "echo \($0)/tcp internal\n" }.joined()
            var least = Int.max
            for _ in 0..<3 {
                let start = threadNanoseconds()
                let services = try InetdConfiguration(parsing: text).services
                least = min(least, threadNanoseconds() - start)
                #expect(services.count == count)
            }
            return least
        }
        // 64 times if each line were compared with all before it.
        #expect(try cost(16_000) < 24 * cost(2000))
    }

    /// The CPU that the calling thread has used.
    private func threadNanoseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
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
