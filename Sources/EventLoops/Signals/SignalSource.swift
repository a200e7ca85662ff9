internal import Readiness
internal import Sockets
internal import Synchronization

/// The signals of a sequence, from the loop's thread to the task that waits for them.
final class SignalSource: LoopMember, @unchecked Sendable {
    // Unchecked: the state is behind the lock; the rest is confined to the loop's thread.

    private struct State {
        /// In the order of their arrival, each at most once.
        var arrived: [Signal] = []
        var waiting: Resumption<Signal?>?
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let loop: EventLoop
    private var registrations: [any EngineRegistration] = []
    var memberIndex = -1

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// On the loop's thread.
    func subscribe(to signals: [Signal]) throws(IOError) {
        for signal in signals {
            do throws(IOError) {
                registrations.append(try loop.seam.onSignal(signal) { [self] in deliver(signal) })
            } catch {
                cancel()
                throw error
            }
        }
        loop.add(self)
    }

    private func cancel() {
        for registration in registrations { registration.cancel() }
        registrations = []
    }

    private func deliver(_ signal: Signal) {
        loop.enter()
        let waiting = state.withLock(of: self) { state in
            if state.waiting == nil, !state.arrived.contains(signal) { state.arrived.append(signal) }
            return state.waiting.take()
        }
        waiting?.fromElsewhere(signal)
        loop.leave()
    }

    func next() async -> Signal? {
        await withTaskCancellationHandler {
            await suspended { resume in wait(resume) }
        } onCancel: {
            stopWaiting()
        }
    }

    private func wait(_ resume: Resumption<Signal?>) {
        let (isOver, signal): (Bool, Signal?) = state.withLock(of: self) { state in
            if !state.arrived.isEmpty { return (true, state.arrived.removeFirst()) }
            if state.hasEnded || state.waiting != nil || Task.isCancelled { return (true, nil) }
            state.waiting = resume
            return (false, nil)
        }
        if isOver { resume(signal) }
    }

    private func stopWaiting() {
        let waiting = state.withLock(of: self) { $0.waiting.take() }
        waiting?.fromElsewhere(nil)
    }

    /// The sequence is not wanted any more, or the loop ends.
    func end() {
        let waiting = state.withLock(of: self) { state in
            state.hasEnded = true
            return state.waiting.take()
        }
        waiting?.fromElsewhere(nil)
        cancel()
        loop.remove(self)
    }

    func loopIsEnding(_ error: IOError) {
        end()
    }
}
