internal import Readiness
internal import Sockets

/// Connections with deadlines that move when something comes, and one timer for the first of them.
final class IdleReaper<Engine: EventEngine> {
    typealias Instant = ContinuousClock.Instant

    let end: GracefulEnd<Engine>
    private unowned let engine: Engine
    private let limit: Duration
    private let spreads: Bool
    private let buffer = ReadBuffer()
    private var deadlines: any DeadlineQueue
    private var streams: [Int: DemoStream<Engine>] = [:]
    private var totals = IdleTotals()
    private var alarm: Engine.Registration?
    private var alarmTime: Instant?

    init(on engine: Engine, limit: Duration, spreads: Bool, _ grace: Duration, _ deadlines: any DeadlineQueue) {
        self.engine = engine
        self.limit = limit
        self.spreads = spreads
        self.deadlines = deadlines
        end = GracefulEnd(engine, grace: grace)
    }

    func totals(refused: Int) -> IdleTotals {
        var totals = totals
        totals.refused = refused
        totals.steps = deadlines.steps
        return totals
    }

    func close() {
        end.cancel()
        alarm.take()?.cancel()
    }

    func serve(_ socket: consuming Socket, _ peer: SocketAddress?) throws(IOError) {
        let stream = try DemoStream(
            on: engine,
            adopting: socket,
            from: peer,
            end: end,
            buffer: buffer,
            pausesWhileWriting: true
        )
        let number = totals.connections
        totals.connections += 1
        streams[number] = stream
        var handlers = DemoStream<Engine>.Handlers()
        handlers.bytes = { [unowned self] stream, bytes in
            stream.send(bytes)
            postpone(number)
        }
        handlers.end = { [unowned self] stream in
            // It is on the way out, and has its own time for that.
            forget(number)
            stream.finish()
        }
        handlers.closed = { [unowned self] _ in forget(number) }
        stream.start(handlers)
        insert(number)
    }

    private func forget(_ number: Int) {
        streams[number] = nil
        deadlines.remove(number)
    }

    private func insert(_ number: Int) {
        totals.inserted += 1
        let time = spreads && number % 2 == 1 ? limit * 2 : limit
        deadlines.insert(number, at: .now.advanced(by: time))
        setAlarm()
    }

    private func postpone(_ number: Int) {
        guard streams[number] != nil else { return }
        totals.moved += 1
        deadlines.remove(number)
        insert(number)
    }

    /// A deadline that moved on leaves the alarm as it is: it rings in vain, and is then set anew. That is cheaper than to
    /// move it with every byte that comes.
    private func setAlarm() {
        guard let next = deadlines.nextLook else { return }
        if let alarmTime, alarmTime <= next { return }
        alarm?.cancel()
        alarmTime = next
        do throws(IOError) {
            alarm = try engine.schedule(after: max(.zero, Instant.now.duration(to: next))) { [unowned self] _ in reap()
            }
        } catch {
            // Without a timer nobody is reaped, which the next connection tries again.
            alarmTime = nil
        }
    }

    private func reap() {
        alarm = nil
        alarmTime = nil
        let now = Instant.now
        while let number = deadlines.popDue(now) {
            guard let stream = streams.removeValue(forKey: number) else { continue }
            totals.reaped += 1
            stream.queue("* you were idle for too long\n")
            stream.finish()
        }
        setAlarm()
    }
}
