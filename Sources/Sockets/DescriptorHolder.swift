public import SystemPackage

/// Something that has a descriptor of the kernel's, to be watched or asked, not owned.
///
/// `FileDescriptor` conforms too, for descriptors that another library owns; then it is the caller who keeps the
/// descriptor open for as long as it is used.
public protocol DescriptorHolder: ~Copyable, ~Escapable {
    /// The descriptor, still owned by its holder.
    var fileDescriptor: FileDescriptor { get }
}

extension FileDescriptor: DescriptorHolder {
    public var fileDescriptor: FileDescriptor { self }
}
