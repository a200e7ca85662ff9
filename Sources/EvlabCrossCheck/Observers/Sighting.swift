package import Readiness

/// One observer's answer about one descriptor.
package struct Sighting: Hashable, Sendable {
    package var descriptor: DescriptorID
    package var events: ReadyEvents

    package init(_ descriptor: DescriptorID, _ events: ReadyEvents) {
        self.descriptor = descriptor
        self.events = events
    }
}
