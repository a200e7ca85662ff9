public import Readiness

/// Accepts connections on a base's thread and hands each to its handler. It does not use libevent's `evconnlistener`, which
/// calls its error handler without end when descriptors run out.
public typealias ConnectionListener = Listener<EventBase>
