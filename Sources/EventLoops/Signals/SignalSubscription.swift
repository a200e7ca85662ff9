/// Ends what a sequence of signals has asked for, when nobody has the sequence any more.
final class SignalSubscription: Sendable {
    let source: SignalSource
    private let loop: EventLoop

    init(_ source: SignalSource, on loop: EventLoop) {
        self.source = source
        self.loop = loop
    }

    deinit {
        loop.post { [source] in source.end() }
    }
}
