import Sockets
import Testing

@testable import EvlabComparison

/// What timers do before they are timed, on a machine that is not always there.
@Suite
struct TimerScriptTests {
    private let setting = Setting(.timers, n: 8)

    @Test("Timers that took too long to insert are inserted again: their order shows nothing")
    func heldUp() throws {
        let right = try TimerBench(setting, on: SlowTimers(heldUp: 0)).script()
        #expect(right.first == "the timer of 1 ms fires" && right.last == "2 are cancelled")
        // Half of what lies between two of them.
        #expect(try TimerBench(setting, on: SlowTimers(heldUp: 3, taking: 1_000_000)).script() == right)
    }

    @Test("Timers whose order is wrong though nothing held them up are not tried until it is right")
    func wrong() throws {
        let timers = SlowTimers(heldUp: 3, taking: 999_999)
        #expect(try TimerBench(setting, on: timers).script().first == "the timer of 9 ms fires")
        #expect(timers.runs == 1)
    }

    @Test("A machine that is too busy each time is told as such, and not as a difference")
    func busy() {
        let bench = TimerBench(setting, on: SlowTimers(heldUp: .max, taking: 1e10))
        let error = #expect(throws: IOError.self) { try bench.script() }
        #expect(error?.code == .busy)
    }

    @Test("Every subject says how long inserting took", arguments: TimerSubject.allCases)
    func insertion(_ subject: TimerSubject) throws {
        var times = TimerTimes()
        #expect(try subject.rounds(count: 8).script([2, 1], &times).count == 2)
        #expect(times.insert > 0)
    }
}

/// Fires in the order of insertion, as timers do that were inserted slowly, so many times; then in the order of their times.
private final class SlowTimers: TimerRounds {
    private(set) var runs = 0
    private let heldUp: Int
    private let nanoseconds: Double

    init(heldUp: Int, taking nanoseconds: Double = 0) {
        self.heldUp = heldUp
        self.nanoseconds = nanoseconds
    }

    func cancelRound(_ times: inout TimerTimes) {}
    func fireRound(_ times: inout TimerTimes) {}

    func script(_ delays: [Int], _ times: inout TimerTimes) -> [Int] {
        runs += 1
        let places = delays.indices.filter { delays[$0] > 0 }
        guard runs > heldUp else {
            times.insert += nanoseconds
            return places
        }
        return places.sorted { delays[$0] < delays[$1] }
    }
}
