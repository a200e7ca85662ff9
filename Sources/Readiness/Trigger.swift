/// When a watcher is told that its descriptor is ready.
public enum Trigger: Hashable, Sendable, CaseIterable {
    /// At every wait, for as long as it is ready.
    case level
    /// Once for each arrival; the watcher must then read or write until it would block.
    case edge
    /// As `level`, but once; then not again until the watcher is rearmed.
    case levelOneShot
    /// As `edge`, but once; then not again until the watcher is rearmed.
    case edgeOneShot

    public var isEdge: Bool { self == .edge || self == .edgeOneShot }
    public var isOneShot: Bool { self == .levelOneShot || self == .edgeOneShot }
}
