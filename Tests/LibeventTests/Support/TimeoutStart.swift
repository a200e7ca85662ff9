import Libevent
import Readiness
import Sockets
import Testing

/// The ways in which a timeout begins in a callback, after the callback has worked for longer than the timeout lasts.
enum TimeoutStart: CaseIterable, CustomTestStringConvertible {
    case timer, event, handlerReturns
    case setReading, enableReading, readHandlerReturns
    case setWriting, append, drainHandlerReturns, connect
    case close

    var testDescription: String { "\(self)" }
}

/// Begins one timeout on a base, and measures how long it lasts.
final class TimeoutRun {
    static let limit = Duration.milliseconds(30)

    private let base: EventBase
    private let clock = ContinuousClock()
    private let ends: StreamEnds
    private let listener: Socket
    private var kept: [AnyObject] = []
    private var begin: ContinuousClock.Instant?
    /// How long the timeout lasted, once it is over.
    private(set) var lasted: Duration?

    init(_ base: EventBase) throws {
        self.base = base
        ends = try StreamEnds(base)
        // The third connection stays in the making.
        listener = try Socket.listening(on: .loopback(port: 0), backlog: 0)
        for _ in 0..<2 {
            kept.append(Holder(try Socket.connecting(to: listener.localAddress()).intoSocket()))
            listener.waitForInput()
        }
        ends.stream.onEnd { [unowned self] _, _ in over() }
    }

    func end() {
        ends.stream.abort()
    }

    private func work() {
        let until = clock.now + Self.limit * 2
        while clock.now < until {}
        begin = clock.now
    }

    private func over() {
        guard lasted == nil, let begin else { return }
        lasted = clock.now - begin
    }

    private static let large = [UInt8](repeating: 1, count: 4_000_000)

    /// Called before the callback.
    func prepare(_ start: TimeoutStart) throws {
        switch start {
        case .handlerReturns:
            let event = try Event(on: base, watching: ends.peer.fileDescriptor, for: .readable) {
                [unowned self] event, ready in
                guard ready.contains(.readable) else { return over() }
                _ = try? ends.peer.drain()
                work()
            }
            try event.add(timeout: Self.limit)
            kept.append(event)
            try ends.stream.output.append("x")
        case .enableReading: try ends.stream.setTimeouts(reading: Self.limit)
        case .readHandlerReturns:
            try ends.stream.setTimeouts(reading: Self.limit)
            ends.stream.onRead { [unowned self] stream in
                try stream.input.removeAll()
                work()
            }
            try ends.peer.send("x")
            try ends.stream.enable(.readable)
        case .append: try ends.stream.setTimeouts(writing: Self.limit)
        case .drainHandlerReturns:
            try ends.stream.setTimeouts(writing: Self.limit)
            try ends.stream.setDrainWatermark(Self.large.count)
            var calls = 0
            ends.stream.onDrain { [unowned self] _ in
                calls += 1
                calls == 1 ? work() : (begin = clock.now)
            }
            try ends.stream.output.append(Self.large.span)
        case .timer, .event, .setReading, .setWriting, .connect, .close: break
        }
    }

    /// Called back by the base.
    func begin(_ start: TimeoutStart) throws {
        switch start {
        case .handlerReturns, .readHandlerReturns, .drainHandlerReturns: return
        default: work()
        }
        switch start {
        case .timer:
            let timer = try Event.timer(on: base) { [unowned self] _, _ in over() }
            kept.append(timer)
            try timer.add(timeout: Self.limit)
        case .event:
            let event = try Event(on: base, watching: ends.peer.fileDescriptor, for: .readable, trigger: .levelOneShot)
            {
                [unowned self] _, _ in over()
            }
            kept.append(event)
            try event.add(timeout: Self.limit)
        case .setReading:
            try ends.stream.enable(.readable)
            try ends.stream.setTimeouts(reading: Self.limit)
        case .enableReading: try ends.stream.enable(.readable)
        case .setWriting:
            try ends.stream.output.append(Self.large.span)
            try ends.stream.setTimeouts(writing: Self.limit)
        case .append: try ends.stream.output.append(Self.large.span)
        case .connect:
            let stream = try BufferEvent(connectingTo: listener.localAddress(), on: base)
            kept.append(stream)
            stream.onEnd { [unowned self] _, _ in over() }
            try stream.setTimeouts(writing: Self.limit)
        case .close:
            let stream = ends.stream
            try stream.output.append(Self.large.span)
            stream.close(within: Self.limit)
            // The views of a stream's buffers end with it.
            let look = try base.schedule(after: .zero, every: .milliseconds(1)) { [unowned self] look in
                guard (try? stream.output.append("")) == nil else { return }
                look.cancel()
                over()
            }
            kept.append(look)
        case .handlerReturns, .readHandlerReturns, .drainHandlerReturns: break
        }
    }
}
