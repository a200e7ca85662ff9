internal import CLinux
internal import Glibc
public import SystemPackage

// Reads and writes are inlined where they are used, as far as they move bytes; the rest of their outcomes is here.

/// A read that returned no bytes: what that means depends on the kind of file.
@usableFromInline
@inline(never)
package func readNothing(
    _ operation: StaticString,
    _ result: Int,
    from descriptor: FileDescriptor,
    room: Int
) throws(IOError) -> ReadOutcome {
    if result == -Int(EAGAIN) { return .wouldBlock }
    let number = descriptor.rawValue
    // Without room, the kernel was not asked for a byte and does not say whether the end has come.
    if result == 0 { return room == 0 || clinux_took_empty_message(number) ? .bytes(0) : .end }
    if result == -Int(EIO), clinux_is_terminal_master(number) { return .end }
    throw IOError(IOError.Operation(stringLiteral: operation), errno: Errno(rawValue: CInt(-result)))
}

/// A write that failed.
@usableFromInline
@inline(never)
func writeNothing(_ operation: StaticString, _ result: Int) throws(IOError) -> WriteOutcome {
    if result == -Int(EAGAIN) { return .wouldBlock }
    throw IOError(IOError.Operation(stringLiteral: operation), errno: Errno(rawValue: CInt(-result)))
}

/// A write, whatever became of it.
func writeOutcome(_ operation: StaticString, _ result: Int) throws(IOError) -> WriteOutcome {
    result >= 0 ? .bytes(result) : try writeNothing(operation, result)
}
