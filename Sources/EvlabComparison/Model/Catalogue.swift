/// Which subjects do which workload, in which settings. The first subject is what the others are compared with.
public enum Catalogue {
    /// How much there is to be measured.
    public enum Extent: Sendable {
        /// The subjects that matter most, in few settings.
        case quick
        /// Every subject, in every setting.
        case full
    }

    /// The settings of a workload.
    public static func settings(_ workload: Workload, _ extent: Extent) -> [Setting] {
        func all(_ numbers: [Int], width: Int = 64) -> [Setting] {
            numbers.map { Setting(workload, n: $0, width: width) }
        }
        let isFull = extent == .full
        return switch workload {
        case .echo:
            all(isFull ? [1, 50, 500, 9000] : [1, 50, 500])
                + (isFull ? [16_384, 262_144] : [16_384]).map { Setting(.echo, n: 50, width: $0) }
        case .pipeline: all(isFull ? [2, 16, 64] : [16])
        case .latency: all([50], width: 10_000) + (isFull ? all([50], width: 30_000) : [])
        case .accept: all(isFull ? [1, 16, 64] : [16])
        case .idle: all(isFull ? [100, 1000, 9000] : [100, 1000])
        case .pipes:
            all(isFull ? [100, 1000, 9000] : [50, 400, 3000], width: 1) + (isFull ? all([1000, 9000], width: 100) : [])
        case .cascade: all([100, 1000])
        case .timers:
            [0, 1].flatMap { all(isFull ? [10_000, 100_000, 1_000_000] : [1000, 10_000], width: $0) }
        case .wake: all([1])
        case .fanout: all(isFull ? [10, 100, 1000] : [10, 100])
        case .udp: all(isFull ? [1, 16] : [1, 16])
        }
    }

    /// The settings in which counts are taken: they do not change with n as times do, so one of a series is enough.
    ///
    /// - Parameter everything: all that can be counted, which takes some minutes.
    public static func counted(_ settings: [Setting], everything: Bool) -> Set<Setting> {
        var chosen: [String: Setting] = [:]
        for setting in settings where setting.workload.isCountable && isTelling(setting) {
            guard everything || setting.workload == .echo && setting.width != 16_384 else { continue }
            let key = setting.workload.rawValue + setting.series
            if chosen[key].map({ $0.n < setting.n }) ?? true { chosen[key] = setting }
        }
        return Set(chosen.values)
    }

    /// Sizes in which a tool that slows a program down fifty times ends soon, and of the usual ones those that differ.
    private static func isTelling(_ setting: Setting) -> Bool {
        switch setting.workload {
        case .echo: setting.n <= 50 && ![1024, 262_144].contains(setting.width)
        case .pipeline: setting.n <= 16
        case .pipes: setting.n <= 1000 && setting.width == 1
        case .timers: setting.n <= 10_000 && setting.width == 0
        default: false
        }
    }

    /// Whether the servers of a workload echo.
    public static func servesEcho(_ workload: Workload) -> Bool {
        switch workload {
        case .echo, .pipeline, .latency, .accept, .idle: true
        case .pipes, .cascade, .timers, .wake, .fanout, .udp: false
        }
    }

    /// The subjects of a setting.
    public static func subjects(_ setting: Setting, _ extent: Extent) -> [Subject] {
        switch setting.workload {
        case .echo, .pipeline, .latency, .accept, .idle: echo(setting, extent).map(\.subject)
        case .pipes, .cascade: pipes(setting).map { Subject($0) }
        case .timers: TimerSubject.allCases.map { Subject($0) }
        case .wake: WakeSubject.allCases.map { Subject($0) }
        case .fanout, .udp:
            [EchoSubject.cEvent, .cEpollLevel, .event, .reactor].map { $0.server(of: setting.workload) }
        }
    }

    private static let most: [EchoSubject] = [
        .cEvent, .cBufferEvent, .cEpollEdge, .event, .bufferEvent, .multiplexer, .reactor, .chunksNative,
        .chunksLibevent,
        .asyncNative, .asyncLibevent,
    ]
    private static let methods: [EchoSubject] =
        [.cEvent, .cEventPoll, .cEpollEdge, .event, .multiplexer, .reactor]
        + [.reactorPoll, .reactorSelect, .chunksNative]

    private static func echo(_ setting: Setting, _ extent: Extent) -> [EchoSubject] {
        let subjects: [EchoSubject] =
            switch (extent, setting.workload) {
            case (_, .latency): most
            case (.full, .idle): methods + most.filter { !methods.contains($0) }
            case (.full, .accept): most
            case (.full, _) where setting.n > 500: most + methods.filter { !most.contains($0) }
            case (.full, _): EchoSubject.allCases
            case (.quick, .idle): methods
            case (.quick, _): most
            }
        return subjects.filter { $0.takesManyConnections || setting.n <= 500 }
    }

    /// Libevent's select takes descriptors below 1,024.
    private static func pipes(_ setting: Setting) -> [PipeSubject] {
        PipeSubject.allCases.filter { ![.cEventSelect, .eventSelect].contains($0) || setting.n <= 480 }
    }
}

extension Subject {
    fileprivate init(_ subject: PipeSubject) {
        switch subject {
        case .cEvent: self.init(subject.rawValue, .plainC, "plain C on libevent's event")
        case .cEventPoll: self.init(subject.rawValue, .plainC, "plain C on libevent's event, poll")
        case .cEventSelect: self.init(subject.rawValue, .plainC, "plain C on libevent's event, select")
        case .cEpoll: self.init(subject.rawValue, .plainC, "plain C on epoll")
        case .event: self.init(subject.rawValue, .libevent, twin: "c-event", "Swift, Libevent's Event")
        case .eventPoll: self.init(subject.rawValue, .libevent, twin: "c-event-poll", "Swift, Libevent's Event, poll")
        case .eventSelect:
            self.init(subject.rawValue, .libevent, twin: "c-event-select", "Swift, Libevent's Event, select")
        case .epoll: self.init(subject.rawValue, .native, twin: "c-epoll", "Swift, Multiplexing's Epoll")
        case .poll: self.init(subject.rawValue, .native, "Swift, Multiplexing's Poll")
        case .select: self.init(subject.rawValue, .native, "Swift, Multiplexing's Select")
        case .reactor: self.init(subject.rawValue, .native, twin: "c-epoll", "Swift, Multiplexing's Reactor on epoll")
        }
    }

    fileprivate init(_ subject: TimerSubject) {
        switch subject {
        case .cLibevent: self.init(subject.rawValue, .plainC, "plain C on libevent's heap; events made once")
        case .eventBase:
            self.init(subject.rawValue, .libevent, twin: "c-libevent", "Swift, timers of an EventBase, each made anew")
        case .queue: self.init(subject.rawValue, .native, "Swift, Multiplexing's TimerQueue")
        case .reactor: self.init(subject.rawValue, .native, "Swift, timers of a Reactor, each made anew")
        }
    }

    fileprivate init(_ subject: WakeSubject) {
        switch subject {
        case .cEvent: self.init(subject.rawValue, .plainC, "plain C on libevent's event_active")
        case .cEpoll: self.init(subject.rawValue, .plainC, "plain C on epoll and an eventfd")
        case .eventBase: self.init(subject.rawValue, .libevent, twin: "c-event", "Swift, posts to an EventBase")
        case .epoll: self.init(subject.rawValue, .native, twin: "c-epoll", "Swift, Multiplexing's Epoll and Waker")
        case .reactor: self.init(subject.rawValue, .native, twin: "c-epoll", "Swift, posts to a Reactor")
        }
    }
}
