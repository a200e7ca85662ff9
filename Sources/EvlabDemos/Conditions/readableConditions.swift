internal import CLinux
internal import Readiness
internal import Sockets
internal import SystemPackage

/// When a socket is readable.
func readableConditions() throws(IOError) -> ConditionGroup {
    var group = ConditionGroup(name: "readable")
    try lookAtLowWater(&group)
    try lookAtEnds(&group)
    try lookAtListener(&group)
    try lookAtErrors(&group)
    return group
}

private func lookAtLowWater(_ group: inout ConditionGroup) throws(IOError) {
    let pair = try Stage.connectedPair()
    try group.look("nothing has come", at: pair.first)
    group.then("read", Stage.readResult(pair.first))

    _ = try Stage.write(5, to: pair.second)
    try Stage.wait(for: .readable, on: pair.first)
    try group.look("5 bytes have come", at: pair.first)
    group.then("getsockopt SO_RCVLOWAT", String(try pair.first.value(of: .receiveLowWater)))

    try pair.first.set(.receiveLowWater, to: 8)
    try group.look("the same, SO_RCVLOWAT set to 8", at: pair.first)
    group.then("read", Stage.readResult(pair.first))

    _ = try Stage.write(8, to: pair.second)
    try Stage.wait(for: .readable, on: pair.first)
    try group.look("8 bytes have come, SO_RCVLOWAT still 8", at: pair.first)
    group.then("read", Stage.readResult(pair.first))
}

private func lookAtEnds(_ group: inout ConditionGroup) throws(IOError) {
    let ended = try Stage.connectedPair()
    try ended.second.shutDown(.writing)
    try Stage.wait(for: .peerClosed, on: ended.first)
    try group.look("the peer has shut its writing half", at: ended.first)
    group.then("read", Stage.readResult(ended.first))

    let endedWithBytes = try Stage.connectedPair()
    _ = try Stage.write(5, to: endedWithBytes.second)
    try endedWithBytes.second.shutDown(.writing)
    try Stage.wait(for: .peerClosed, on: endedWithBytes.first)
    try group.look("5 bytes have come, and then the peer's end", at: endedWithBytes.first)
    group.then("read", Stage.readResult(endedWithBytes.first))
    group.then("read", Stage.readResult(endedWithBytes.first))

    let shut = try Stage.connectedPair()
    try shut.first.shutDown(.reading)
    try group.look("its own reading half is shut", at: shut.first)
    group.then("read", Stage.readResult(shut.first))
}

private func lookAtListener(_ group: inout ConditionGroup) throws(IOError) {
    let listener = try Socket.listening(on: .loopback(port: 0))
    try group.look("a listener, no connection waits", at: listener)
    group.then("accept", Stage.acceptResult(listener))

    let client = try Socket.connecting(to: try listener.localAddress()).intoSocket()
    try Stage.wait(for: .readable, on: listener)
    try group.look("a listener, a connection waits", at: listener)
    group.then("accept", Stage.acceptResult(listener))
    client.close()

    let impatient = try Socket.connecting(to: try listener.localAddress()).intoSocket()
    try Stage.wait(for: .writable, on: impatient)
    try Stage.wait(for: .readable, on: listener)
    try impatient.set(.linger, to: .seconds(0))
    impatient.close()
    try group.look("a listener, the one that waits was reset", at: listener)
    let accepted = try Stage.accept(from: listener)
    try Stage.wait(for: .error, on: accepted)
    group.then("accept", "a connection")
    group.then("read from it", Stage.readResult(accepted))
}

private func lookAtErrors(_ group: inout ConditionGroup) throws(IOError) {
    let reset = try Stage.connectedPair()
    let survivor = try reset.split { (first, second) throws(IOError) in
        try second.set(.linger, to: .seconds(0))
        second.close()
        return first
    }
    try Stage.wait(for: .error, on: survivor)
    try group.look("an error is pending: the peer has reset", at: survivor)
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(survivor))
    try group.look("the same, the error has been asked for", at: survivor)
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(survivor))
    group.then("read", Stage.readResult(survivor))

    // Bound, so that nobody else gets the port; connected to itself, so that it takes nothing from others.
    let deaf = try Socket.bound(to: .loopback(port: 0))
    _ = try deaf.connect(to: try deaf.localAddress())
    let sender = try Socket(.ipv4, .datagram)
    _ = try sender.connect(to: try deaf.localAddress())
    _ = try Stage.write(1, to: sender)
    try Stage.wait(for: .error, on: sender)
    try group.look("UDP, an error is pending: nobody has the port", at: sender)
    group.then("read", Stage.readResult(sender))
    try group.look("UDP, the error has been read", at: sender)
    group.then("read", Stage.readResult(sender))
}
