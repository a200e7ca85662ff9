internal import Glibc
internal import Sockets
internal import SystemPackage

extension IOError {
    /// Why `evbuffer_write_atmost` has written nothing.
    ///
    /// - Parameter result: -errno; 0 after `sendfile(2)` found the end of the file.
    static func write(failedWith result: Int) -> IOError {
        switch CInt(truncatingIfNeeded: -result) {
        case 0: FileSegment.isShorter("sendfile")
        // The kernel reads mapped memory for `writev(2)`, and finds no page there.
        case EFAULT:
            IOError(
                "writev",
                .outOfRange,
                errno: .badAddress,
                detail: "queued memory cannot be read: a mapped file has become shorter than its segment"
            )
        case let code: IOError("evbuffer_write", errno: Errno(rawValue: code))
        }
    }
}
