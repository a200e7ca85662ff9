public import Readiness

/// What came of the same work under the two triggers.
public struct LevelAndEdgeTotals: Hashable, Sendable {
    /// What came of it under one trigger.
    public struct Service: Hashable, Sendable {
        public var connections = 0
        public var bytes = 0
        /// Events of connections that waits returned.
        public var wakeUps = 0
        /// Reads, those that found nothing included.
        public var reads = 0
    }

    public var level = Service()
    public var edge = Service()
    /// Connections closed for want of descriptors.
    public var shed = 0

    /// What came of it under a trigger.
    public subscript(trigger: Trigger) -> Service {
        get { trigger.isEdge ? edge : level }
        set {
            if trigger.isEdge { edge = newValue } else { level = newValue }
        }
    }
}
