internal import Sockets
internal import SystemPackage

extension DescriptorHolder where Self: ~Copyable, Self: ~Escapable {
    var number: CInt { fileDescriptor.rawValue }
}
