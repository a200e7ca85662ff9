internal import Glibc
internal import Sockets
internal import SystemPackage

/// An error by the name that manual pages give it.
func errnoName(_ errno: Errno) -> String {
    switch errno.rawValue {
    case EAGAIN: "EAGAIN"
    case EBADF: "EBADF"
    case ECONNREFUSED: "ECONNREFUSED"
    case ECONNRESET: "ECONNRESET"
    case EINPROGRESS: "EINPROGRESS"
    case EINTR: "EINTR"
    case EINVAL: "EINVAL"
    case ENOPROTOOPT: "ENOPROTOOPT"
    case ENOTCONN: "ENOTCONN"
    case EPERM: "EPERM"
    case EPIPE: "EPIPE"
    default: errno.description
    }
}

/// What a call returned: its result, or its error by name.
func outcome(_ call: () throws(IOError) -> String) -> String {
    do throws(IOError) {
        return try call()
    } catch {
        return error.errno.map(errnoName) ?? error.description
    }
}
