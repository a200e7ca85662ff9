internal import Sockets

extension EventLoop {
    /// Whether a write may wait for the end of the turn: there is one to come only in what the loop has called.
    var collectsWrites: Bool { isInside && !isAtTurnEnd }

    /// Has a connection send what it collects when the turn ends.
    ///
    /// - Throws: `noMemory`, only the first time; `closed`.
    func sendAtTurnEnd(_ connection: StreamConnection) throws(IOError) {
        if collecting.isEmpty { try requestTurnEnd() }
        collecting.append(connection)
    }

    private func requestTurnEnd() throws(IOError) {
        if turnEndRequest == nil { turnEndRequest = try seam.onTurnEnd { [unowned self] in turnEnds() } }
        turnEndRequest?()
    }

    private func turnEnds() {
        enter()
        isAtTurnEnd = true
        for connection in collecting where connection.isCollecting { connection.flush() }
        collecting.removeAll(keepingCapacity: true)
        leave()
        isAtTurnEnd = false
    }
}
