package import Readiness

/// What the model says of one file: what must be ready, and what the kernel leaves open.
package struct Prediction: Hashable, Sendable {
    package var certain: ReadyEvents = []
    package var open: ReadyEvents = []

    /// Whether the kernel's answer is one of those predicted.
    package func allows(_ events: ReadyEvents) -> Bool {
        events.subtracting(open) == certain.subtracting(open)
    }
}
