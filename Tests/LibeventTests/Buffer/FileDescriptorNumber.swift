import Sockets
import SystemPackage

/// A descriptor by its number, for calls that must fail.
struct FileDescriptorNumber: DescriptorHolder {
    let fileDescriptor: FileDescriptor

    init(_ number: CInt) {
        fileDescriptor = FileDescriptor(rawValue: number)
    }
}
