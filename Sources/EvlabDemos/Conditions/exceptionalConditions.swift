internal import Readiness
internal import Sockets

/// When a socket is in select's third set, the exceptional one.
func exceptionalConditions() throws(IOError) -> ConditionGroup {
    var group = ConditionGroup(name: "exceptional")
    try lookAtUrgentByte(&group)
    try lookAtUrgentByteInLine(&group)
    return group
}

private func lookAtUrgentByte(_ group: inout ConditionGroup) throws(IOError) {
    let pair = try Stage.connectedPair()
    _ = try pair.second.sendOutOfBand(UInt8(ascii: "!"))
    try Stage.wait(for: .priority, on: pair.first)
    try group.look("a byte has come out of band, nothing else", at: pair.first)
    group.then("recv MSG_OOB", Stage.outOfBandResult(pair.first))
    try group.look("the same, the byte has been taken", at: pair.first)
    group.then("recv MSG_OOB", Stage.outOfBandResult(pair.first))

    _ = try pair.second.sendOutOfBand(UInt8(ascii: "?"))
    try Stage.wait(for: .priority, on: pair.first)
    try group.look("another one, and a read comes first", at: pair.first)
    group.then("read", Stage.readResult(pair.first))
    group.then("recv MSG_OOB", Stage.outOfBandResult(pair.first))
    try group.look("the same, after that read", at: pair.first)

    let mixed = try Stage.connectedPair()
    _ = try Stage.write(3, to: mixed.second)
    try Stage.wait(for: .readable, on: mixed.first)
    _ = try mixed.second.sendOutOfBand(UInt8(ascii: "!"))
    try Stage.wait(for: .priority, on: mixed.first)
    try group.look("3 bytes in the stream, then one out of band", at: mixed.first)
    group.then("read", Stage.readResult(mixed.first))
    group.then("recv MSG_OOB", Stage.outOfBandResult(mixed.first))
}

private func lookAtUrgentByteInLine(_ group: inout ConditionGroup) throws(IOError) {
    let pair = try Stage.connectedPair()
    try pair.first.set(.outOfBandInline, to: true)
    _ = try Stage.write(3, to: pair.second)
    try Stage.wait(for: .readable, on: pair.first)
    _ = try pair.second.sendOutOfBand(UInt8(ascii: "!"))
    try Stage.wait(for: .priority, on: pair.first)
    try group.look("the same with SO_OOBINLINE", at: pair.first)
    group.then("recv MSG_OOB", Stage.outOfBandResult(pair.first))
    group.then("read", Stage.readResult(pair.first))
    try group.look("SO_OOBINLINE, at the mark", at: pair.first)
    group.then("read", Stage.readResult(pair.first))
    try group.look("SO_OOBINLINE, past the mark", at: pair.first)
    group.then("read", Stage.readResult(pair.first))
}
