internal import Multiplexing
internal import Readiness
public import Sockets
internal import SystemPackage

/// Runs a script over a real pair of sockets and a real `Epoll`, and asks the kernel after each step how
/// things stand.
public struct Tracer: ~Copyable {
    private static let token: Token = 7

    /// The first one reads and is watched, the second is its peer.
    private let sockets: SocketPair
    private let epoll: Epoll
    /// Watches `epoll` itself, which is readable while its ready list holds something. To be asked consumes nothing.
    private var observer: Poll
    private var batch: EventBatch
    private var observed: EventBatch

    /// Runs a script.
    ///
    /// - Throws: `noDescriptors`, `noMemory`; `notFound` where `/proc` is not mounted.
    public static func run(_ script: TraceScript, _ mode: TraceMode) throws(IOError) -> Trace {
        var tracer = try Tracer(mode)
        let start = try tracer.look()
        var before = start
        var steps: [TraceStep] = []
        for action in script.actions {
            let outcome = try tracer.perform(action)
            let after = try tracer.look()
            steps.append(TraceStep(action: action, outcome: outcome, before: before, after: after))
            before = after
        }
        return Trace(mode: mode, start: start, steps: steps)
    }

    /// What the calls of a script return when nobody looks in between.
    package static func outcomes(_ script: TraceScript, _ mode: TraceMode) throws(IOError) -> [TraceStep.Outcome] {
        var tracer = try Tracer(mode)
        var outcomes: [TraceStep.Outcome] = []
        for action in script.actions { outcomes.append(try tracer.perform(action)) }
        return outcomes
    }

    private init(_ mode: TraceMode) throws(IOError) {
        let sockets = try Socket.pair()
        let epoll = try Epoll()
        var observer = try Poll()
        try epoll.add(sockets.first, for: .readable, trigger: mode.trigger, token: Self.token)
        try observer.add(epoll, for: .readable, token: Self.token)
        let batch = try EventBatch(capacity: 1)
        let observed = try EventBatch(capacity: 1)
        self.batch = batch
        self.observed = observed
        self.sockets = sockets
        self.epoll = epoll
        self.observer = observer
    }

    // MARK: Doing

    private mutating func perform(_ action: TraceAction) throws(IOError) -> TraceStep.Outcome {
        switch action {
        case .write(let count): return try write(count)
        case .read(let count): return try read(atMost: count)
        case .drain: return try drain()
        case .wait: return try wait()
        case .rearm: try epoll.rearm(sockets.first)
        case .end: try sockets.second.shutDown(.writing)
        }
        return .done
    }

    private func write(_ count: Int) throws(IOError) -> TraceStep.Outcome {
        let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        switch try sockets.second.write(bytes.span) {
        case .bytes(let written): return .bytes(written)
        case .wouldBlock: return .wouldBlock
        }
    }

    private func read(atMost count: Int) throws(IOError) -> TraceStep.Outcome {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        switch try sockets.first.read(into: &span) {
        case .bytes(let taken): return .bytes(taken)
        case .wouldBlock: return .wouldBlock
        case .end: return .end
        }
    }

    private func drain() throws(IOError) -> TraceStep.Outcome {
        var total = 0
        while true {
            switch try read(atMost: TraceScript.mostBytes) {
            case .bytes(let count): total += count
            case .end: return total > 0 ? .bytes(total) : .end
            default: return .bytes(total)
            }
        }
    }

    private mutating func wait() throws(IOError) -> TraceStep.Outcome {
        try epoll.wait(into: &batch, upTo: .zero)
        guard let event = batch.next() else { return .wouldBlock }
        return .event(event.events)
    }

    // MARK: Looking

    private mutating func look() throws(IOError) -> TraceStep.State {
        TraceStep.State(
            buffered: try sockets.first.bytesReadable(),
            isReady: try isReady(),
            isArmed: try EpollRegistrations(of: epoll).isArmed(sockets.first.fileDescriptor)
        )
    }

    private mutating func isReady() throws(IOError) -> Bool {
        try observer.wait(into: &observed, upTo: .zero)
        return observed.next() != nil
    }
}
