internal import Multiplexing
internal import Readiness
internal import Sockets

/// Accepts on an engine until it is stopped, one connection each time that it is told of one.
func acceptOnEngine<Engine: EventEngine>(
    _ engine: Engine,
    _ listener: consuming Descriptor,
    _ counts: inout BalanceCounts,
    _ crew: BalanceCrew
) throws(IOError) {
    let tally = BalanceTally()
    let watch = try engine.watch(listener, for: .readable) { watch, _ in tally.acceptOne(from: watch.socket) }
    defer {
        watch.close()
        counts = tally.counts
    }
    let poster = try engine.poster()
    crew.isReady { poster.post { $0.breakLoop() } }
    try engine.run(.untilStopped)
}

/// The same on an epoll that is woken alone, where one thread is enough.
func acceptExclusively(
    _ listener: consuming Descriptor,
    _ counts: inout BalanceCounts,
    _ crew: BalanceCrew
) throws(IOError) {
    let listener = try Socket(adopting: listener.release())
    let epoll = try Epoll()
    let stop = try Waker()
    try epoll.add(stop, for: .readable, token: 0)
    try epoll.addExclusively(listener, for: .readable, token: 1)
    var batch = try EventBatch(capacity: 16)
    let tally = BalanceTally()
    defer { counts = tally.counts }
    crew.isReady(stop.wake)
    while true {
        try epoll.wait(into: &batch, until: nil)
        while let event = batch.next() {
            guard event.token == 1 else { return }
            tally.acceptOne(from: listener)
        }
    }
}

private final class BalanceTally {
    var counts = BalanceCounts()

    func acceptOne<Handle: SocketHandle & ~Copyable & ~Escapable>(from listener: borrowing Handle) {
        counts.wakeUps += 1
        do throws(IOError) {
            // The connection is closed at once: its client waits for that.
            if try listener.accept() == nil { counts.inVain += 1 } else { counts.accepted += 1 }
        } catch {
            counts.inVain += 1
        }
    }
}
