internal import CLinux
internal import Multiplexing
internal import Readiness
internal import Sockets

extension EventLoop {
    /// Has a node called at a time; one that is waiting already gets the new time. On the loop's thread.
    func setTimer(_ node: any TimerNode, at deadline: Int64) {
        timers.set(node, to: deadline)
        setAlarm()
    }

    /// Has a node called after a delay.
    func setTimer(_ node: any TimerNode, after delay: Duration) {
        let (deadline, overflow) = clinux_monotonic_now().addingReportingOverflow(max(0, delay.nanoseconds))
        setTimer(node, at: overflow ? .max : deadline)
    }

    func cancelTimer(_ node: any TimerNode) {
        timers.remove(node)
    }

    /// The engine has one timer for all of a loop's; it is exchanged only for an earlier one.
    private func setAlarm() {
        guard let earliest = timers.earliest, earliest < alarmDeadline else { return }
        alarm?.cancel()
        alarm = nil
        let delay = Duration.nanoseconds(max(0, earliest - clinux_monotonic_now()))
        do throws(IOError) {
            alarm = try seam.schedule(delay) { [unowned self] in alarmRang() }
            alarmDeadline = earliest
        } catch {
            // No memory for a timer: the next one that is set tries again.
            alarmDeadline = .max
        }
    }

    private func alarmRang() {
        enter()
        alarm?.cancel()
        alarm = nil
        alarmDeadline = .max
        let now = clinux_monotonic_now()
        while let node = timers.popDue(now: now) { node.timerFired(now: now) }
        setAlarm()
        leave()
    }
}
