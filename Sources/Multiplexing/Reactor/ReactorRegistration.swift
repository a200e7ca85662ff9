internal import CLinux
public import Readiness

extension Reactor where Mux: ~Copyable {
    /// A timer or a signal of a reactor. Thread rule: the reactor's thread.
    @safe
    public final class Registration: EngineRegistration, ReactorMember {
        private enum Source {
            case timer(TimerQueue<Registration>.Key)
            case signal(Signal)
            case over
        }

        // The reactor ends its registrations before it goes, and one that is over does not use it.
        private unowned(unsafe) let reactor: Reactor
        private var source = Source.over
        /// For a timer that repeats.
        private var ticks: RepeatingDeadline?
        private var handler: ((Registration) -> Void)?

        init(
            on reactor: Reactor,
            at deadline: MonotonicInstant,
            every interval: Duration?,
            _ handler: @escaping (Registration) -> Void
        ) {
            unsafe self.reactor = reactor
            ticks = interval.map { RepeatingDeadline(first: deadline.nanoseconds, period: $0.nanoseconds) }
            self.handler = handler
            source = .timer(reactor.timers.insert(self, at: deadline))
        }

        init(on reactor: Reactor, _ signal: Signal, _ handler: @escaping (Registration) -> Void) {
            unsafe self.reactor = reactor
            self.handler = handler
            source = .signal(signal)
        }

        /// Whether it will not call back any more: it was cancelled, has called back for the last time, or its reactor has
        /// gone.
        public var isOver: Bool {
            if case .over = source { true } else { false }
        }

        public var missedTicks: Int { ticks?.missed ?? 0 }

        public func cancel() {
            guard !isOver else { return }
            unsafe reactor.checkThread()
            end()
        }

        /// The reactor may be on its own way out.
        func end() {
            switch source {
            case .timer(let key): unsafe reactor.timers.cancel(key)
            case .signal(let signal): unsafe reactor.signals.unsubscribe(self, from: signal)
            case .over: return
            }
            source = .over
            unsafe reactor.retire(self)
        }

        func dropHandler() {
            handler = nil
        }

        // MARK: Called back

        func call() {
            handler?(self)
        }

        /// The queue has let go of the timer.
        func timeHasCome(_ now: MonotonicInstant) {
            guard ticks != nil else {
                source = .over
                call()
                return unsafe reactor.retire(self)
            }
            ticks?.tickIsDue(at: now.nanoseconds)
            insertNextTick()
            call()
            // A handler that ran past the next tick has missed it.
            guard case .timer(let key) = source, ticks?.handlerReturned(at: clinux_monotonic_now()) == true else {
                return
            }
            unsafe reactor.timers.cancel(key)
            insertNextTick()
        }

        private func insertNextTick() {
            guard let next = ticks?.next else { return }
            source = unsafe .timer(reactor.timers.insert(self, at: MonotonicInstant(nanoseconds: next)))
        }
    }
}
