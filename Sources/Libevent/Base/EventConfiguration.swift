public import Readiness

/// What an ``EventBase`` is made of; the default suits a server.
public struct EventConfiguration: Hashable, Sendable {
    /// Switches of a base. The C functions are `event_config_set_flag` and the `EVENT_BASE_FLAG_` constants.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The base has no locks of libevent's. They are not needed: a base belongs to one thread, and `Poster` is the
        /// way in from others. Leave this out for a base that is lent to C code which calls it from several threads. The
        /// first base with locks calls `evthread_use_pthreads`, which C code must not call at the same moment: two first
        /// calls at once end the process in libevent 2.1.
        public static let noLock = Flags(rawValue: 0x01)
        /// Environment variables such as `EVENT_NOEPOLL` change nothing.
        public static let ignoreEnvironment = Flags(rawValue: 0x02)
        /// Changes to epoll's interest are collected until the next wait; see ``EventMethod/epollChangelist``.
        public static let epollChangelist = Flags(rawValue: 0x10)
        /// Timers are precise to microseconds instead of the kernel's tick (4 ms on many machines).
        public static let preciseTimer = Flags(rawValue: 0x20)

        /// No locks, environment ignored, precise timers.
        public static let standard: Flags = [.noLock, .ignoreEnvironment, .preciseTimer]
    }

    /// When a base looks for new events although callbacks are still due, so that urgent ones do not wait for long queues.
    /// The C function is `event_config_set_max_dispatch_interval`.
    public struct DispatchLimits: Hashable, Sendable {
        /// Look again after this time; `nil` for no limit.
        public var interval: Duration?
        /// Look again after this many callbacks, at least 1; `nil` for no limit.
        public var callbacks: Int?
        /// Priorities more urgent (lower) than this one are not limited.
        public var fromPriority: Int

        public init(interval: Duration? = nil, callbacks: Int? = nil, fromPriority: Int = 0) {
            self.interval = interval
            self.callbacks = callbacks
            self.fromPriority = fromPriority
        }
    }

    /// Methods that must not be used. The C function is `event_config_avoid_method`.
    public var avoidedMethods: Set<EventMethod> = []
    /// What the method must be able to do. The C function is `event_config_require_features`.
    public var requiredCapabilities: Capabilities = []
    public var flags: Flags = .standard
    /// How many priorities events can have, 1 to 255; 0 is the most urgent. The C function is `event_base_priority_init`.
    public var priorities = 1
    public var dispatchLimits = DispatchLimits()

    /// The best method that this machine has.
    public init() {}

    /// One method and no other.
    public init(method: EventMethod) {
        avoidedMethods = Set(EventMethod.allCases.filter { $0.libeventName != method.libeventName })
        if method == .epollChangelist { flags.insert(.epollChangelist) }
    }
}
