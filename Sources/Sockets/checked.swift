internal import SystemPackage

/// A result of the CLinux functions, which return -errno: the value, or the failure as a typed error.
package func checked(
    _ operation: @autoclosure () -> IOError.Operation,
    _ result: CInt,
    detail: @autoclosure () -> String = ""
) throws(IOError) -> CInt {
    guard result >= 0 else { throw IOError(operation(), errno: Errno(rawValue: -result), detail: detail()) }
    return result
}

/// As above, for calls that return nothing of use.
package func check(
    _ operation: @autoclosure () -> IOError.Operation,
    _ result: CInt,
    detail: @autoclosure () -> String = ""
) throws(IOError) {
    guard result < 0 else { return }
    throw IOError(operation(), errno: Errno(rawValue: -result), detail: detail())
}
