import Readiness
import Testing

/// The grid of a repeating timer, without a clock.
@Suite("The deadlines of a repeating timer")
struct RepeatingDeadlineTests {
    @Test("on time, each tick is one period after the one before", .bug(id: "repeating-timer-loses-its-grid"))
    func onTime() {
        var ticks = RepeatingDeadline(first: 30, period: 100)
        for tick in 0..<5 {
            #expect(ticks.next == Int64(30 + 100 * tick))
            ticks.tickIsDue(at: ticks.next)
            #expect(ticks.missed == 0)
            let hasMoved = ticks.handlerReturned(at: ticks.next - 100 + 50)
            #expect(!hasMoved)
        }
    }

    @Test(
        "a handler of one and a half periods gets every second tick, and the others are missed",
        .bug(id: "repeating-timer-loses-its-grid")
    )
    func longHandler() {
        var ticks = RepeatingDeadline(first: 100, period: 100)
        var times: [Int64] = []
        for _ in 0..<4 {
            let now = ticks.next
            times.append(now)
            ticks.tickIsDue(at: now)
            #expect(ticks.missed == (times.count == 1 ? 0 : 1))
            let hasMoved = ticks.handlerReturned(at: now + 150)
            #expect(hasMoved)
        }
        #expect(times == [100, 300, 500, 700])
    }

    @Test(
        "a late call stands for the last tick that has come, and does not shift the next one",
        .bug(id: "repeating-timer-loses-its-grid")
    )
    func lateCall() {
        var ticks = RepeatingDeadline(first: 100, period: 100)
        ticks.tickIsDue(at: 455)
        #expect(ticks.missed == 3)
        #expect(ticks.next == 500)
        let hasMoved = ticks.handlerReturned(at: 499)
        #expect(!hasMoved)
        ticks.tickIsDue(at: 599)
        #expect(ticks.missed == 0)
        #expect(ticks.next == 600)
    }

    @Test("ticks that the handler and then the loop miss count together", .bug(id: "repeating-timer-loses-its-grid"))
    func bothLate() {
        var ticks = RepeatingDeadline(first: 100, period: 100)
        ticks.tickIsDue(at: 100)
        let hasMoved = ticks.handlerReturned(at: 350)
        #expect(hasMoved)
        ticks.tickIsDue(at: 650)
        #expect(ticks.missed == 4)
        #expect(ticks.next == 700)
    }

    @Test("a call that a coarse clock makes early counts as its tick", .bug(id: "repeating-timer-loses-its-grid"))
    func earlyCall() {
        var ticks = RepeatingDeadline(first: 100, period: 100)
        ticks.tickIsDue(at: 98)
        #expect(ticks.missed == 0)
        #expect(ticks.next == 200)
    }

    @Test(
        "periods beyond the clock end at its end",
        .bug(id: "repeating-timer-loses-its-grid"),
        .bug(id: "very-long-times"),
        arguments: [Int64.max, Int64.max / 2]
    )
    func beyondTheClock(_ period: Int64) {
        var ticks = RepeatingDeadline(first: .max - 10, period: period)
        ticks.tickIsDue(at: .max - 5)
        #expect(ticks.next == .max)
        ticks = RepeatingDeadline(first: 1, period: period)
        ticks.tickIsDue(at: 2)
        #expect(ticks.next == (period == .max ? .max : period + 1))
        #expect(ticks.missed == 0)
    }
}
