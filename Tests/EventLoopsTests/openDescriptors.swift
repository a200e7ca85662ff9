import Glibc

/// The descriptors of the process, without the standard streams.
func openDescriptors() -> [CInt] {
    (3..<1024).filter { fcntl($0, F_GETFD) >= 0 }
}
