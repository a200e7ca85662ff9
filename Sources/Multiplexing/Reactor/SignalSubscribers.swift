internal import Readiness
internal import Sockets
internal import SystemPackage

/// Who wants which signal of the process's hub, and whom to call for those that came.
struct SignalSubscribers<Subscriber: AnyObject> {
    private final class Mailbox {
        let mailbox: SignalMailbox

        init() throws(IOError) {
            mailbox = try SignalMailbox()
        }
    }

    private var mailbox: Mailbox?
    private var subscribers: [Signal: [Subscriber]] = [:]
    private var due: [(Subscriber, Signal)] = []

    /// Whether nobody waits for a signal.
    var isEmpty: Bool { subscribers.isEmpty }
    var isOpen: Bool { mailbox != nil }
    var noneIsDue: Bool { due.isEmpty }

    /// Opens the mailbox: a descriptor that is readable when signals have come, until ``removeAll()``.
    mutating func open() throws(IOError) -> FileDescriptor {
        let new = try Mailbox()
        mailbox = new
        return new.mailbox.fileDescriptor
    }

    mutating func subscribe(_ subscriber: Subscriber, to signal: Signal) throws(IOError) {
        try mailbox?.mailbox.subscribe(to: signal)
        subscribers[signal, default: []].append(subscriber)
    }

    mutating func unsubscribe(_ subscriber: Subscriber, from signal: Signal) {
        due.removeAll { $0.0 === subscriber }
        subscribers[signal]?.removeAll { $0 === subscriber }
        guard subscribers[signal]?.isEmpty == true else { return }
        subscribers[signal] = nil
        mailbox?.mailbox.unsubscribe(from: signal)
    }

    /// Takes what has come: its subscribers are due.
    mutating func take() {
        guard let arrived = mailbox?.mailbox.take() else { return }
        for signal in arrived {
            for subscriber in subscribers[signal] ?? [] { due.append((subscriber, signal)) }
        }
    }

    /// The next one to call, in the order of subscribing.
    mutating func nextDue() -> Subscriber? {
        due.isEmpty ? nil : due.removeFirst().0
    }

    /// Gives everything back.
    mutating func removeAll() -> [Subscriber] {
        defer { self = SignalSubscribers() }
        return subscribers.values.flatMap(\.self)
    }
}
