public import SystemPackage

/// A borrowed view of a socket that an event or a stream owns: everything but closing.
///
/// The compiler keeps the view from outliving its owner.
public struct SocketReference: ~Escapable, SocketHandle {
    public let fileDescriptor: FileDescriptor

    /// - Parameters:
    ///   - fileDescriptor: open for as long as the owner says so, and -1 afterwards.
    ///   - owner: closes the descriptor.
    @inlinable
    @_lifetime(borrow owner)
    public init<Owner: AnyObject>(_ fileDescriptor: FileDescriptor, of owner: borrowing Owner) {
        self.fileDescriptor = fileDescriptor
    }
}
