internal import Sockets
internal import SystemPackage

extension IOError {
    /// A number that no open descriptor has.
    static func notOpen(_ operation: Operation, _ number: CInt) -> IOError {
        IOError(operation, .closed, errno: .badFileDescriptor, detail: "descriptor \(number) is not open")
    }

    /// A registration that the kernel, or the multiplexer in its place, has refused with -errno.
    static func registration(_ operation: Operation, _ result: CInt, _ number: CInt) -> IOError {
        let errno = Errno(rawValue: -result)
        return switch errno {
        case .fileExists:
            IOError(
                operation,
                .alreadyRegistered,
                errno: errno,
                detail: "descriptor \(number) is watched already; modify it, or remove it first"
            )
        case .noSuchFileOrDirectory:
            IOError(
                operation,
                .notRegistered,
                errno: errno,
                detail: "descriptor \(number) is not watched; add it first"
            )
        case .notPermitted:
            IOError(
                operation,
                .notPollable,
                errno: errno,
                detail: "descriptor \(number) is a regular file, a directory or a device that never blocks; "
                    + "read or write it directly"
            )
        case .tooManySymbolicLinkLevels:
            IOError(
                operation,
                .invalidArgument,
                errno: errno,
                detail: "descriptor \(number) would close a circle of epoll instances, or nest more than five"
            )
        case .invalidArgument:
            IOError(
                operation,
                errno: errno,
                detail: "descriptor \(number) is this instance itself, or watched exclusively; "
                    + "remove that and add it again"
            )
        case .badFileDescriptor:
            notOpen(operation, number)
        default:
            IOError(operation, errno: errno, detail: "descriptor \(number)")
        }
    }
}
