/// What was done and seen, to be summed up.
package struct Counts: Hashable, Sendable {
    package var operations: [OperationKind: Int] = [:]
    package var descriptors: [DescriptorKind: Int] = [:]
    /// Answers of one observer about one descriptor at one instant.
    package var observations = 0
    package var observationsByObserver: [ObserverName: Int] = [:]
    package var rows: [NormalisationRow: Int] = [:]
    /// Events of edge-triggered observers to which nothing new belongs.
    package var extraEdges: [ObserverName: Int] = [:]
    /// What the model said, and how often it left something open.
    package var predictions = 0
    package var openPredictions = 0
    package var episodes = 0
    /// Scripts that every loop was given, and the tasks in them.
    package var loopScripts = 0
    package var loopTasks = 0
    /// What clients of the servers did.
    package var serving = ServingCounts()

    package mutating func add(_ other: Counts) {
        operations.merge(other.operations, uniquingKeysWith: +)
        descriptors.merge(other.descriptors, uniquingKeysWith: +)
        observations += other.observations
        observationsByObserver.merge(other.observationsByObserver, uniquingKeysWith: +)
        rows.merge(other.rows, uniquingKeysWith: +)
        extraEdges.merge(other.extraEdges, uniquingKeysWith: +)
        predictions += other.predictions
        openPredictions += other.openPredictions
        episodes += other.episodes
        loopScripts += other.loopScripts
        loopTasks += other.loopTasks
    }
}
