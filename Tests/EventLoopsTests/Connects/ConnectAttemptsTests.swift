import EventLoops
import Sockets
import SystemPackage
import Testing

/// Which address is tried when, without sockets and without a clock.
struct ConnectAttemptsTests {
    private static func v4(_ number: UInt8) -> SocketAddress { .ipv4(192, 0, 2, number, port: 80) }
    private static func v6(_ number: UInt64) -> SocketAddress { .ipv6(high: 0x2001_0db8 << 32, low: number, port: 80) }
    private static let refused = IOError("connect", errno: .connectionRefused)
    private static let silent = IOError("connect", .timedOut)

    @Test(
        "families take turns, beginning with that of the first address",
        .bug(id: "silent-first-address"),
        arguments: [
            ([v6(1), v6(2), v6(3), v4(1)], [v6(1), v4(1), v6(2), v6(3)]),
            ([v4(1), v4(2), v6(1), v6(2)], [v4(1), v6(1), v4(2), v6(2)]),
            ([v4(1), v6(1), v6(2), v6(3)], [v4(1), v6(1), v6(2), v6(3)]),
            ([v4(1), v4(2)], [v4(1), v4(2)]), ([v6(1)], [v6(1)]), ([], []),
        ]
    )
    func order(_ given: [SocketAddress], _ expected: [SocketAddress]) {
        #expect(ConnectAttempts(given).addresses == expected)
    }

    @Test("the next address is tried when the delay has passed, and beside the one before")
    func delays() {
        var attempts = ConnectAttempts([Self.v6(1), Self.v4(1), Self.v6(2)])
        #expect(attempts.start() == .begin(0))
        #expect(attempts.delayPassed(since: 0) == .begin(1))
        #expect(attempts.delayPassed(since: 1) == .begin(2))
        #expect(attempts.left == 0)
        #expect(attempts.delayPassed(since: 2) == .wait)
    }

    @Test("a failure begins the next attempt at once; the delay of the one that failed does not count any more")
    func failures() {
        var attempts = ConnectAttempts([Self.v6(1), Self.v4(1), Self.v6(2)])
        #expect(attempts.start() == .begin(0))
        #expect(attempts.failed(0, Self.refused) == .begin(1))
        #expect(attempts.delayPassed(since: 0) == .wait)
        #expect(attempts.delayPassed(since: 1) == .begin(2))
        #expect(attempts.failed(2, Self.refused) == .wait)
        guard case .giveUp(let error) = attempts.failed(1, Self.silent) else {
            Issue.record("nothing is left to try")
            return
        }
        #expect(error.code == .timedOut)
        let reasons = [
            "[2001:db8::1]:80: Connection refused", "192.0.2.1:80: timed out", "[2001:db8::2]:80: Connection refused",
        ]
        #expect(error.detail == reasons.joined(separator: "; "))
    }

    @Test("an attempt has the usual delay, or its share of a shorter time")
    func shares() {
        var attempts = ConnectAttempts([Self.v6(1), Self.v4(1), Self.v6(2), Self.v4(2)])
        let (usual, second) = (Int64(250_000_000), Int64(1_000_000_000))
        #expect(attempts.start() == .begin(0))
        #expect(attempts.delay(usual: usual, timeLeft: 10 * second) == usual)
        #expect(attempts.delay(usual: usual, timeLeft: .max) == usual)
        #expect(attempts.delay(usual: 10 * second, timeLeft: 2 * second) == second / 2)
        #expect(attempts.delay(usual: usual, timeLeft: 0) == second / 100)
        #expect(attempts.delay(usual: 0, timeLeft: second) == 0)
        #expect(attempts.delayPassed(since: 0) == .begin(1))
        #expect(attempts.delay(usual: 10 * second, timeLeft: 3 * second) == second)
    }

    @Test("one address fails with its own error; a name without addresses is not found")
    func few() {
        var one = ConnectAttempts([Self.v4(1)])
        #expect(one.start() == .begin(0))
        #expect(one.failed(0, Self.refused) == .giveUp(Self.refused))
        var none = ConnectAttempts([])
        guard case .giveUp(let error) = none.start() else {
            Issue.record("there is nothing to try")
            return
        }
        #expect(error.code == .notFound)
    }

    @Test(
        "a task that was cancelled and a loop that has ended try nothing more",
        arguments: [IOError.Code.cancelled, .closed]
    )
    func endings(_ code: IOError.Code) {
        var attempts = ConnectAttempts([Self.v6(1), Self.v4(1)])
        #expect(attempts.start() == .begin(0))
        let error = IOError("connect", code)
        #expect(attempts.failed(0, error) == .giveUp(error))
    }
}
