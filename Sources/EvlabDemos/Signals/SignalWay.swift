/// How signals become events.
public enum SignalWay: String, Hashable, Sendable, CaseIterable {
    /// A handler (`sigaction(2)`) that tells the loop: any thread may take the signal, and any number of loops hear of it.
    case hub
    /// A descriptor that is read (`signalfd(2)`): it tells who sent the signal, but every thread must block it.
    case signalfd
    /// The same, without blocking: what it then hears is nothing.
    case signalfdUnblocked = "signalfd-unblocked"
}
