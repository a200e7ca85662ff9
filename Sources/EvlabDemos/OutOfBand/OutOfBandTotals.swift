/// What a server did that tells normal from out-of-band data.
public struct OutOfBandTotals: Hashable, Sendable {
    public var connections = 0
    /// Connections closed for want of descriptors.
    public var shed = 0
    /// Bytes of normal data.
    public var bytes = 0
    /// Bytes that came out of band.
    public var outOfBand = 0
}
