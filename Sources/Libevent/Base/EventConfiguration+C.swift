internal import CLibevent
internal import CLinux
internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

extension EventConfiguration {
    /// A new C base made of this configuration, or the reason why there is none.
    func makeBase() throws(IOError) -> OpaquePointer {
        guard (1...255).contains(priorities) else {
            throw IOError("EventConfiguration", .outOfRange, detail: "1 to 255 priorities, not \(priorities)")
        }
        if !flags.contains(.noLock) { try checkLowDescriptors() }
        let base = try unsafe makeBase(flags)
        if unsafe event_base_priority_init(base, CInt(priorities)) != 0 {
            unsafe event_base_free(base)
            throw IOError("event_base_priority_init", .noMemory)
        }
        return unsafe base
    }

    private func makeBase(_ flags: Flags) throws(IOError) -> OpaquePointer {
        guard let config = unsafe event_config_new() else { throw IOError("event_config_new", .noMemory) }
        defer { unsafe event_config_free(config) }
        // With one reading of the clock a turn, libevent would count timeouts from before the work of the turn's callbacks:
        // ours, and those that it starts by itself. Without it only what starts a timeout reads the clock.
        let flags = CInt(bitPattern: flags.rawValue | EVENT_BASE_FLAG_NO_CACHE_TIME.rawValue)
        unsafe event_config_set_flag(config, flags)
        unsafe event_config_require_features(config, CInt(bitPattern: requiredCapabilities.libeventFeatures.rawValue))
        for method in avoidedMethods { unsafe event_config_avoid_method(config, method.libeventName) }
        try unsafe setDispatchLimits(on: config)
        try checkFreeDescriptors()
        _ = try Self.opened("eventfd", clinux_hold_streams())
        defer { clinux_release_streams() }
        guard let base = unsafe event_base_new_with_config(config) else { throw noMethod() }
        return unsafe base
    }

    /// What libevent opens for a base at most: an epoll instance, its timer, a pair for signals, an eventfd.
    private static let mostDescriptors = 5

    /// Libevent ends the process where it cannot make the pair for signals, so all that it needs is tried first. Another
    /// thread that takes the last descriptor in between can still bring that about.
    private func checkFreeDescriptors() throws(IOError) {
        let event = Descriptor(number: try Self.opened("eventfd", clinux_eventfd(0)))
        try tryToOpen(Self.mostDescriptors - 1, beside: event)
    }

    private func tryToOpen(_ count: Int, beside event: borrowing Descriptor) throws(IOError) {
        guard count > 0 else { return }
        let number = clinux_duplicate(event.fileDescriptor.rawValue, 0)
        let next = Descriptor(number: try Self.opened("fcntl", number))
        try tryToOpen(count - 1, beside: next)
    }

    /// The remedy belongs to the lack of descriptors alone: a sandbox refuses the calls for other reasons.
    private static func opened(_ operation: IOError.Operation, _ result: CInt) throws(IOError) -> CInt {
        let isLack = result == -EMFILE || result == -ENFILE
        let remedy = "an EventBase needs \(mostDescriptors) free descriptors; raise ulimit -n"
        return try checked(operation, result, detail: isLack ? remedy : "")
    }

    /// A base with locks watches an eventfd of libevent's own, made after a socket pair; select ends the process when it
    /// gets a number from 1024 on.
    private func checkLowDescriptors() throws(IOError) {
        let trial = try unsafe makeBase(flags.union(.noLock))
        let isSelect = unsafe String(cString: event_base_get_method(trial)) == EventMethod.select.rawValue
        unsafe event_base_free(trial)
        guard isSelect else { return }
        let first = Descriptor(number: try checked("eventfd", clinux_eventfd(0)))
        let second = try first.duplicate()
        let third = try second.duplicate().fileDescriptor.rawValue
        guard third >= 1024 else { return }
        throw IOError(
            "event_base_new_with_config",
            .outOfRange,
            detail: "with locks, select needs a descriptor below 1024, not \(third); use poll, epoll or .noLock"
        )
    }

    private func setDispatchLimits(on config: OpaquePointer) throws(IOError) {
        guard dispatchLimits != DispatchLimits() else { return }
        let callbacks = dispatchLimits.callbacks ?? Int(CInt.max)
        guard (1...Int(CInt.max)).contains(callbacks), (0..<priorities).contains(dispatchLimits.fromPriority) else {
            throw IOError(
                "EventConfiguration",
                .outOfRange,
                detail: "limits take at least 1 callback and a priority from 0 to \(priorities - 1)"
            )
        }
        let fromPriority = CInt(dispatchLimits.fromPriority)
        guard let interval = dispatchLimits.interval else {
            unsafe event_config_set_max_dispatch_interval(config, nil, CInt(callbacks), fromPriority)
            return
        }
        var limit = try timeval(interval)
        unsafe event_config_set_max_dispatch_interval(config, &limit, CInt(callbacks), fromPriority)
    }

    private func noMethod() -> IOError {
        let avoided = Set(avoidedMethods.map(\.libeventName))
        let left = EventBase.supportedMethods.filter { !avoided.contains($0) }
        return IOError(
            "event_base_new_with_config",
            .unsupported,
            detail: left.isEmpty
                ? "every method that libevent has here (\(EventBase.supportedMethods.joined(separator: ", "))) is avoided"
                : "none of \(left.joined(separator: ", ")) can do what is required"
        )
    }
}

extension Capabilities {
    /// Only what libevent can be asked for; the rest of the set is checked when it is used.
    var libeventFeatures: event_method_feature {
        var features: UInt32 = 0
        if contains(.edgeTriggered) { features |= EV_FEATURE_ET.rawValue }
        if contains(.constantTime) { features |= EV_FEATURE_O1.rawValue }
        if contains(.anyFile) { features |= EV_FEATURE_FDS.rawValue }
        if contains(.peerClosed) { features |= EV_FEATURE_EARLY_CLOSE.rawValue }
        return event_method_feature(rawValue: features)
    }

    init(features: UInt32, method: String) {
        self = []
        if features & EV_FEATURE_ET.rawValue != 0 { insert(.edgeTriggered) }
        if features & EV_FEATURE_O1.rawValue != 0 { insert(.constantTime) }
        if features & EV_FEATURE_FDS.rawValue != 0 { insert(.anyFile) }
        if features & EV_FEATURE_EARLY_CLOSE.rawValue != 0 { insert(.peerClosed) }
        // A change list confuses the edge trigger that reports a failure with the level trigger that follows in the same turn.
        if contains(.peerClosed), method != EventMethod.epollChangelist.rawValue { insert(.failure) }
        if method != EventMethod.select.rawValue { insert(.anyNumber) }
    }
}
