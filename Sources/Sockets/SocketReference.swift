public import SystemPackage

/// A borrowed view of a socket that an event or a stream owns: everything but closing.
///
/// The compiler keeps the view from outliving its owner, not from outliving a close: take it anew from the owner after
/// whatever may have closed the descriptor, for the number of an old view can be another's by then.
public struct SocketReference: ~Escapable, SocketHandle {
    public let fileDescriptor: FileDescriptor

    /// - Parameters:
    ///   - fileDescriptor: open now, or -1.
    ///   - owner: closes the descriptor.
    @inlinable
    @_lifetime(borrow owner)
    public init<Owner: AnyObject>(_ fileDescriptor: FileDescriptor, of owner: borrowing Owner) {
        self.fileDescriptor = fileDescriptor
    }
}
