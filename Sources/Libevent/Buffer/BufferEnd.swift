/// One end of a buffer.
public enum BufferEnd: Hashable, Sendable, CaseIterable {
    /// Where bytes are taken from.
    case front
    /// Where bytes are added.
    case back

    var block: UInt {
        switch self {
        case .front: EventBuffer.Block.frozenFront
        case .back: EventBuffer.Block.frozenBack
        }
    }
}
