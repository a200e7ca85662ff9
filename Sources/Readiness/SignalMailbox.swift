internal import CLinux
public import Sockets
public import SystemPackage

/// One loop's share of the process's signals.
///
/// The hub installs one `sigaction(2)` handler a signal while anybody subscribes to it, in whatever engine, and puts the
/// earlier disposition back when the last subscriber leaves. Each mailbox that subscribed gets the signal; equal signals
/// that arrive before they are taken count once, as pending signals do.
///
/// At most 256 mailboxes exist at a time. The methods may be called from any thread. After a fork the child makes a new
/// mailbox: signals of the child never reach its parent's.
public struct SignalMailbox: ~Copyable, Sendable {
    private let number: CInt
    private let event: Descriptor

    /// - Throws: `noDescriptors`, `busy` when all mailboxes are taken.
    public init() throws(IOError) {
        let event = Descriptor(number: try checked("eventfd", clinux_eventfd(0)))
        let number = clinux_mailbox_open(event.fileDescriptor.rawValue)
        guard number >= 0 else {
            throw IOError("SignalMailbox", .busy, detail: "all 256 mailboxes of the process are taken")
        }
        self.number = number
        self.event = event
    }

    /// Readable while signals wait.
    public var fileDescriptor: FileDescriptor { event.fileDescriptor }

    /// From now on the signal comes here, and its default effect does not happen.
    ///
    /// - Throws: `invalidArgument` for a number that is no signal, for SIGKILL and SIGSTOP, and for the signals that report
    ///   a fault of the program itself, such as SIGSEGV.
    public func subscribe(to signal: Signal) throws(IOError) {
        try check(
            "sigaction",
            clinux_mailbox_subscribe(number, signal.rawValue),
            detail: "signal \(signal.rawValue) cannot be caught"
        )
    }

    /// Gives the signal back; without other subscribers its earlier disposition holds again. Arrivals that were not taken
    /// are dropped.
    public func unsubscribe(from signal: Signal) {
        clinux_mailbox_unsubscribe(number, signal.rawValue)
    }

    /// The signals that came since the last call; the descriptor is no longer readable afterwards.
    public func take() -> SignalSet {
        _ = clinux_eventfd_take(event.fileDescriptor.rawValue)
        return SignalSet(bits: clinux_mailbox_take(number))
    }

    deinit {
        // The handler lets go of the descriptor here, before the descriptor closes.
        clinux_mailbox_close(number)
    }
}
