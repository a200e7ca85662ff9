internal import Glibc
internal import Readiness
internal import Sockets
internal import SystemPackage

/// Waits for the keyboard and the network at once. Neither direction waits for the other: each is paused only while its own
/// destination takes nothing.
final class ChatClient<Engine: EventEngine> {
    private static var patience: Duration { .seconds(10) }

    private unowned let engine: Engine
    private let input: Descriptor
    private let output: Descriptor
    private var network: Engine.Watch?
    private var keyboard: Engine.Watch?
    private var screen: Engine.Watch?
    /// Set while the input is a file that the method cannot watch.
    private var nextMove: Engine.Registration?
    private var registrations: [Engine.Registration] = []
    private var upwards: Relay
    private var downwards: Relay
    private var upwardsWaitsFor = Relay.Next.source
    private var downwardsWaitsFor = Relay.Next.source
    private var isConnected = false
    private var failure: IOError?

    init(
        on engine: Engine,
        at address: SocketAddress,
        from input: FileDescriptor,
        to output: FileDescriptor
    ) throws(IOError) {
        self.engine = engine
        let connecting = try Socket.connecting(to: address)
        let number = connecting.socket.fileDescriptor
        upwards = try Relay(from: input, to: number)
        // What the room says is not trusted with a terminal, which obeys escape sequences. Anything else gets every byte.
        let isTerminal = isatty(output.rawValue) == 1
        downwards = try Relay(from: number, to: output, through: isTerminal ? TerminalFilter() : nil)
        // Whoever started us keeps the originals. They stay as they are, blocking: another process may use them too.
        self.input = try Self.duplicate(of: input)
        self.output = try Self.duplicate(of: output)
        network = try engine.watch(connecting.intoSocket(), for: .writable) { [unowned self] _, ready in
            attempt { () throws(IOError) in try networkIsReady(ready) }
        }
    }

    private static func duplicate(of descriptor: FileDescriptor) throws(IOError) -> Descriptor {
        let borrowed = Descriptor(adopting: descriptor)
        do throws(IOError) {
            let copy = try borrowed.duplicate()
            _ = borrowed.release()
            return copy
        } catch {
            _ = borrowed.release()
            throw error
        }
    }

    func run() throws(IOError) {
        defer { end() }
        for signal in [Signal.interrupt, .terminate] {
            registrations.append(try engine.onSignal(signal) { [unowned self] _ in engine.breakLoop() })
        }
        let limit = try engine.schedule(after: Self.patience) { [unowned self] _ in
            fail(IOError("connect", .timedOut, detail: "no answer in \(Self.patience)"))
        }
        registrations.append(limit)
        try engine.run(.untilStopped)
        if let failure { throw failure }
    }

    private func end() {
        nextMove?.cancel()
        for registration in registrations { registration.cancel() }
        for watch in [network, keyboard, screen] { watch?.close() }
    }

    private func fail(_ error: IOError) {
        failure = error
        engine.breakLoop()
    }

    private func attempt(_ body: () throws(IOError) -> Void) {
        do throws(IOError) {
            try body()
        } catch {
            fail(error)
        }
    }

    // MARK: What is ready

    private func networkIsReady(_ ready: ReadyEvents) throws(IOError) {
        guard isConnected else { return try finishConnecting() }
        // Both are asked: a hang-up is news for whoever waits.
        if upwardsWaitsFor == .destination { try moveUp() }
        if downwardsWaitsFor == .source, ready != .writable { try moveDown() }
    }

    private func finishConnecting() throws(IOError) {
        guard case .connected? = try network?.socket.finishConnecting() else { return }
        isConnected = true
        registrations.removeLast().cancel()
        try updateNetwork()
        do throws(IOError) {
            let input = try input.duplicate()
            keyboard = try engine.watch(input, for: .readable) { [unowned self] _, _ in attempt(moveUp) }
        } catch {
            // A file is always ready; some methods know that, the others refuse it.
            guard error.code == .notPollable else { throw error }
            try moveUpInNextTurn()
        }
    }

    private func moveUpInNextTurn() throws(IOError) {
        nextMove = try engine.schedule(after: .zero) { [unowned self] _ in
            attempt { () throws(IOError) in
                try moveUp()
                if upwardsWaitsFor == .source { try moveUpInNextTurn() }
            }
        }
    }

    private func moveUp() throws(IOError) {
        let next: Relay.Next
        do throws(IOError) {
            next = try upwards.step()
        } catch {
            guard error.code == .brokenPipe || error.code == .connectionReset else { throw error }
            // The room has gone. What it said last is still to be read.
            next = .end
        }
        let before = upwardsWaitsFor
        upwardsWaitsFor = next
        if next == .end { try? network?.socket.shutDown(.writing) }
        try keyboard?.setInterest(next == .source ? .readable : [])
        if next == .source, before == .destination, keyboard == nil { try moveUpInNextTurn() }
        try updateNetwork()
    }

    private func moveDown() throws(IOError) {
        downwardsWaitsFor = try downwards.step()
        if downwardsWaitsFor == .end { return engine.stop() }
        try updateNetwork()
        try updateScreen()
    }

    private func updateNetwork() throws(IOError) {
        var interest: Interest = []
        if downwardsWaitsFor == .source { interest.insert(.readable) }
        if upwardsWaitsFor == .destination { interest.insert(.writable) }
        try network?.setInterest(interest)
    }

    private func updateScreen() throws(IOError) {
        let interest: Interest = downwardsWaitsFor == .destination ? .writable : []
        if let screen { return try screen.setInterest(interest) }
        guard interest == .writable else { return }
        screen = try engine.watch(output.duplicate(), for: .writable) { [unowned self] _, _ in attempt(moveDown) }
    }
}
