import EvlabCrossCheck

/// The ways in which an observer is broken, to see that it is found out.
enum Mutant: String, CaseIterable, Sendable {
    case losesRepeatedArrivals, repeatsEdges, reportsOnlyReadableEdges, dropsRearmedEdge
    case repeatsOneShot, forgetsRearm
    case forgetsHangUp, forgetsError, forgetsPriority, forgetsPeerClosed
    case writableWhenFull, dropsOneOfMany, starvesTheLast
    case givesOldEventsToTheNextOwner, handsOutStaleEvents, reportsRemoved
    case ignoresModify, acceptsTwice, losesWakes, wakesTwice
    case losesArrivalsOfReactor, hidesErrorsOfReactor

    /// Whom it breaks.
    var victim: ObserverName {
        switch self {
        case .losesRepeatedArrivals, .reportsOnlyReadableEdges: .epollEdge
        case .repeatsEdges: .libeventEpollEdge
        case .dropsRearmedEdge: .epollEdgeOneShot
        case .repeatsOneShot: .pollOneShot
        case .forgetsRearm: .epollOneShot
        case .forgetsHangUp, .handsOutStaleEvents: .poll
        case .forgetsError, .givesOldEventsToTheNextOwner, .ignoresModify, .acceptsTwice: .epoll
        case .forgetsPriority, .dropsOneOfMany, .losesWakes: .select
        case .forgetsPeerClosed: .libeventEpoll
        case .writableWhenFull, .wakesTwice: .libeventPoll
        case .starvesTheLast: .epollSmallBatch
        case .reportsRemoved: .libeventSelect
        case .losesArrivalsOfReactor: .reactorEpollEdge
        case .hidesErrorsOfReactor: .reactorPoll
        }
    }
}
