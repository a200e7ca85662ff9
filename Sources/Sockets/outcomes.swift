internal import Glibc
internal import SystemPackage

// Reads and writes are inlined where they are used, as far as they move bytes; the rest of their outcomes is here.

/// A read that returned no byte.
@usableFromInline
@inline(never)
func readNothing(_ result: Int, room: Int) throws(IOError) -> ReadOutcome {
    // Without room for a byte nothing was asked, so nothing is known of the end.
    if result == 0 { return room == 0 ? .bytes(0) : .end }
    if result == -Int(EAGAIN) { return .wouldBlock }
    throw IOError("read", errno: Errno(rawValue: CInt(-result)))
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
