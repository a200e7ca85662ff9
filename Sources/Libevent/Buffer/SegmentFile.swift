internal import Sockets

/// The file behind a segment; libevent holds it until no buffer needs it.
final class SegmentFile {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
