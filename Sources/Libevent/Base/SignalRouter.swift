internal import Readiness
internal import Sockets

/// Hands the signals of the process's hub to the events of one base.
///
/// Libevent's own signal events are not used: it delivers a signal to one base of the process only.
final class SignalRouter {
    private unowned let core: BaseCore
    private var mailbox: SignalMailbox?
    private var subscribers: [Signal: [Event]] = [:]

    init(_ core: BaseCore) {
        self.core = core
    }

    /// Whether any event waits for a signal.
    var areAwaited: Bool { !subscribers.isEmpty }

    func subscribe(_ event: Event, to signal: Signal) throws(IOError) {
        if mailbox == nil { try open() }
        try mailbox?.subscribe(to: signal)
        guard subscribers[signal]?.contains(where: { $0 === event }) != true else { return }
        subscribers[signal, default: []].append(event)
    }

    func unsubscribe(_ event: Event, from signal: Signal) {
        subscribers[signal]?.removeAll { $0 === event }
        guard subscribers[signal]?.isEmpty == true else { return }
        subscribers[signal] = nil
        mailbox?.unsubscribe(from: signal)
    }

    private func open() throws(IOError) {
        let new = try SignalMailbox()
        try core.watchInternally(new.fileDescriptor) { [unowned self] _, _ in deliver() }
        mailbox = consume new
    }

    private func deliver() {
        guard let arrived = mailbox?.take() else { return }
        for signal in arrived {
            for event in subscribers[signal] ?? [] {
                // Activation fails only on a closed base, which has no subscribers.
                try? event.activate()
            }
        }
    }

    /// In a forked child: the old mailbox belongs to the parent.
    func renew() throws(IOError) {
        guard let old = mailbox?.fileDescriptor else { return }
        core.stopWatchingInternally(old)
        mailbox = nil
        try open()
        for signal in subscribers.keys { try mailbox?.subscribe(to: signal) }
    }
}
