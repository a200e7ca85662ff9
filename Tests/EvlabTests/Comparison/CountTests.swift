import EvlabComparison
import Testing

/// Counts of what does not depend on the clock.
@Suite
struct CountTests {
    @Test("System calls are summed from strace's table, errors or not, and waits and their timers among them")
    func systemCalls() throws {
        let summary = """
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             60.00    0.000215           3        61         8 openat
             30.00    0.000100           1        32           read
             10.00    0.000100           1         7           epoll_wait
              0.00    0.000000           0         5           timerfd_settime
            ------ ----------- ----------- --------- --------- ----------------
            100.00    0.000315           3       105         8 total
            """
        let totals = try #require(StraceSummary.totals(of: summary))
        #expect(totals == (calls: 105, waits: 12))
        #expect(StraceSummary.totals(of: "strace: no") == nil)
        #expect(StraceSummary.totals(of: "") == nil)
    }

    @Test("Instructions, allocations and waits are read from what callgrind writes")
    func callgrind() throws {
        let file = """
            # callgrind format
            events: Ir
            fn=(1) main
            3 10
            cfn=(2) malloc
            calls=4 0
            4 100
            cfn=(3) free
            calls=4 0
            4 100
            cob=(7)
            cfi=(9) wait.c
            cfn=(5) epoll_wait
            calls=6 0
            4 100

            fn=(2)
            1 100
            cfn=(6) sysmalloc
            calls=1 0
            1 5

            fn=(4) other
            cfn=(2)
            calls=3 +5
            4 100

            totals: 12345
            """
        let totals = try #require(CallgrindFile.totals(of: file))
        #expect(totals == (instructions: 12345, allocations: 7, waits: 6))
        #expect(CallgrindFile.totals(of: "nothing") == nil)
        #expect(CallgrindFile.totals(of: "") == nil)
    }

    @Test("One setting of each series is counted, of the quick run's only echo's small messages")
    func counted() {
        let quick = Workload.allCases.flatMap { Catalogue.settings($0, .quick) }
        #expect(Catalogue.counted(quick, everything: false) == [Setting(.echo, n: 50)])
        let full = Catalogue.counted(Workload.allCases.flatMap { Catalogue.settings($0, .full) }, everything: true)
        #expect(
            full == [
                Setting(.echo, n: 50), Setting(.echo, n: 50, width: 16_384), Setting(.pipeline, n: 16),
                Setting(.pipes, n: 1000, width: 1), Setting(.timers, n: 10_000, width: 0),
            ]
        )
        #expect(Catalogue.counted([Setting(.echo, n: 9000)], everything: true).isEmpty, "a tracer is too slow for it")
    }
}
