import FaultTools
import Libevent
import Readiness
import Sockets
import Synchronization
import Testing

@Suite struct EventConfigurationTests {
    @Test(arguments: EventMethod.allCases)
    func theMethodThatIsAskedForIsUsed(method: EventMethod) throws {
        let base = try EventBase(EventConfiguration(method: method))
        #expect(base.method == method.rawValue)
    }

    private static let capabilities: [EventMethod: Capabilities] = [
        .epoll: [.edgeTriggered, .constantTime, .peerClosed, .failure, .anyNumber],
        .epollChangelist: [.edgeTriggered, .constantTime, .peerClosed, .anyNumber],
        .poll: [.anyFile, .peerClosed, .failure, .anyNumber],
        .select: [.anyFile],
    ]

    @Test(arguments: capabilities)
    func capabilitiesAreThoseOfTheMethod(method: EventMethod, expected: Capabilities) throws {
        #expect(try EventBase(EventConfiguration(method: method)).capabilities == expected)
    }

    @Test func theDefaultIsEpoll() throws {
        #expect(try EventBase().method == "epoll")
    }

    @Test func avoidingEveryMethodIsAnErrorThatNamesThem() throws {
        var configuration = EventConfiguration()
        configuration.avoidedMethods = Set(EventMethod.allCases)
        let error = #expect(throws: IOError.self) { try EventBase(configuration) }
        #expect(error?.code == .unsupported)
        #expect(error?.detail.contains("epoll") == true)
    }

    /// The error names the methods, whose list libevent keeps once a process and frees at each call.
    @Test func severalThreadsAreRefusedAtOnce() throws {
        let others = Atomic(0)
        Worker.run(4) { _ in
            for _ in 0..<1000 {
                var configuration = EventConfiguration()
                configuration.avoidedMethods = Set(EventMethod.allCases)
                do throws(IOError) {
                    _ = try EventBase(configuration)
                    others.add(1, ordering: .relaxed)
                } catch {
                    let isExpected = error.detail.contains("(epoll, poll, select)")
                    if !isExpected { others.add(1, ordering: .relaxed) }
                }
            }
        }
        #expect(others.load(ordering: .relaxed) == 0)
    }

    @Test func requiringWhatNoMethodLeftCanDoIsAnError() throws {
        var configuration = EventConfiguration(method: .poll)
        configuration.requiredCapabilities = .edgeTriggered
        let error = #expect(throws: IOError.self) { try EventBase(configuration) }
        #expect(error?.code == .unsupported)
    }

    @Test func requiredCapabilitiesChooseTheMethod() throws {
        var configuration = EventConfiguration()
        configuration.requiredCapabilities = .anyFile
        #expect(try EventBase(configuration).method == "poll")
    }

    @Test(arguments: [0, -1, 256, Int.max])
    func impossibleNumbersOfPrioritiesAreRefused(count: Int) throws {
        var configuration = EventConfiguration()
        configuration.priorities = count
        let error = #expect(throws: IOError.self) { try EventBase(configuration) }
        #expect(error?.code == .outOfRange)
    }

    @Test(arguments: [
        EventConfiguration.DispatchLimits(callbacks: 0),
        EventConfiguration.DispatchLimits(interval: .seconds(-1)),
        EventConfiguration.DispatchLimits(callbacks: 1, fromPriority: 7),
    ])
    func impossibleDispatchLimitsAreRefused(limits: EventConfiguration.DispatchLimits) throws {
        var configuration = EventConfiguration()
        configuration.dispatchLimits = limits
        let error = #expect(throws: IOError.self) { try EventBase(configuration) }
        #expect(error?.code == .outOfRange)
    }

    /// With a limit of one callback, an urgent event that the first callback makes due runs before the second callback.
    @Test func aDispatchLimitLetsUrgentEventsOvertake() throws {
        var configuration = EventConfiguration()
        configuration.priorities = 2
        configuration.dispatchLimits = .init(callbacks: 1, fromPriority: 1)
        let base = try EventBase(configuration)
        var order: [String] = []
        let urgent = try Event.user(on: base) { _, _ in order.append("urgent") }
        try urgent.setPriority(0)
        for name in ["first", "second"] {
            let event = try Event.timer(on: base) { _, _ in
                order.append(name)
                if name == "first" { try? urgent.activate() }
            }
            try event.setPriority(1)
            try event.add(timeout: .zero)
        }
        try base.run(until: { order.count == 3 })
        #expect(order == ["first", "urgent", "second"])
    }

    @Test func libeventSaysWhatItIs() {
        #expect(EventBase.libeventVersion.hasPrefix("2."))
        #expect(EventBase.supportedMethods.contains("epoll"))
    }
}
