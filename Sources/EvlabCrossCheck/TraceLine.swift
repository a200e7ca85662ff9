/// What everybody said after one operation.
package struct TraceLine: Sendable {
    package var step: Int
    package var operation: Operation
    /// The answers of `poll(2)`.
    package var kernel: [Sighting]
    package var answers: [(observer: ObserverName, sightings: [Sighting])]
}
