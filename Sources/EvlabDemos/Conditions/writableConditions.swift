internal import Readiness
internal import Sockets

/// When a socket is writable.
func writableConditions() throws(IOError) -> ConditionGroup {
    var group = ConditionGroup(name: "writable")
    try lookAtRoom(&group)
    try lookAtUnixRoom(&group)
    try lookAtShutHalves(&group)
    try lookAtConnects(&group)
    return group
}

private func lookAtRoom(_ group: inout ConditionGroup) throws(IOError) {
    let pair = try Stage.connectedPair()
    try group.look("there is room", at: pair.first)
    group.then("getsockopt SO_SNDLOWAT", String(try pair.first.value(of: .sendLowWater)))
    group.then(
        "setsockopt SO_SNDLOWAT, 2048",
        outcome { () throws(IOError) in
            try pair.first.set(.sendLowWater, to: 2048)
            return "done"
        }
    )

    try Stage.fill(pair.first)
    try group.look("the send buffer is full, the peer does not read", at: pair.first)
    group.then("write", Stage.writeResult(1, pair.first))

    try Stage.drain(pair.second, untilWritable: pair.first)
    try group.look("the peer has read", at: pair.first)
    group.then("write", Stage.writeResult(1, pair.first))
}

/// A unix socket, because nothing is on its way there: what is written is with the peer at once, and stays counted against
/// the buffer until it is read.
private func lookAtUnixRoom(_ group: inout ConditionGroup) throws(IOError) {
    let pair = try Socket.pair()
    while try ReadinessAnswers(of: pair.first).poll == ["OUT"], case .bytes = try Stage.write(4096, to: pair.first) {}
    try group.look("a unix socket, filled until it is not writable", at: pair.first)
    group.then("write", Stage.writeResult(1, pair.first))
}

private func lookAtShutHalves(_ group: inout ConditionGroup) throws(IOError) {
    let half = try Stage.connectedPair()
    try half.first.shutDown(.writing)
    try group.look("its own writing half is shut", at: half.first)
    group.then("write", Stage.loudWriteResult(half.first))
    group.then("send MSG_NOSIGNAL", Stage.writeResult(1, half.first))

    let both = try Stage.connectedPair()
    try both.first.shutDown(.both)
    try group.look("both its halves are shut", at: both.first)
    group.then("write", Stage.loudWriteResult(both.first))

    let pair = try Stage.connectedPair()
    let survivor = pair.split { first, second in
        second.close()
        return first
    }
    try Stage.wait(for: .peerClosed, on: survivor)
    try group.look("the peer has closed", at: survivor)
    group.then("write", Stage.loudWriteResult(survivor))
    try Stage.wait(for: .error, on: survivor)
    try group.look("the peer has closed, and has refused that byte", at: survivor)
    group.then("write", Stage.loudWriteResult(survivor))
}

private func lookAtConnects(_ group: inout ConditionGroup) throws(IOError) {
    let fresh = try Socket(.ipv4)
    try group.look("never connected", at: fresh)
    group.then("write", Stage.loudWriteResult(fresh))

    // One connection fills a backlog of 0; the next one's SYN is not answered until somebody accepts.
    let listener = try Socket.listening(on: .loopback(port: 0), backlog: 0)
    let address = try listener.localAddress()
    let first = try Socket.connecting(to: address).intoSocket()
    try Stage.wait(for: .writable, on: first)
    let second = try Socket.connecting(to: address).intoSocket()
    try group.look("a connect is under way", at: second)
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(second))
    group.then("getpeername", Stage.peerResult(second))

    try group.look("a connect has succeeded", at: first)
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(first))
    group.then("getpeername", Stage.peerResult(first))

    // Bound, so that nobody else gets the port, and not listening.
    let closed = try Socket.bound(to: .loopback(port: 0), .stream)
    let refused = try Socket.connecting(to: try closed.localAddress()).intoSocket()
    try Stage.wait(for: .error, on: refused)
    try group.look("a connect has failed", at: refused)
    group.then("getpeername", Stage.peerResult(refused))
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(refused))
    try group.look("the same, the error has been asked for", at: refused)
    group.then("getsockopt SO_ERROR", Stage.pendingErrorResult(refused))
    group.then("write", Stage.loudWriteResult(refused))
}
