internal import Sockets

/// Keeps a descriptor in a collection, which takes copyable values only; it closes with the last reference.
final class SharedDescriptor {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
