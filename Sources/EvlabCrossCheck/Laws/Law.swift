/// What can be broken.
package enum Law: String, Hashable, Sendable, CaseIterable {
    case model = "the kernel's poll(2) says what follows from the operations"
    case level = "what is ready is reported at every look, and nothing else"
    case lostEdge = "an edge follows every arrival"
    case falseEdge = "an edge reports what is ready, and has a cause"
    case oneShot = "a one-shot watcher reports once, and again when it is rearmed"
    case stale = "nothing is reported of a descriptor that is closed or removed"
    case twice = "a descriptor is reported once a look"
    case registration = "registering succeeds, or fails as documented"
    case wake = "a wake-up arrives once"
}
