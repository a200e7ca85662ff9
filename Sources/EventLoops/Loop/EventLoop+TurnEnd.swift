internal import Readiness
internal import Sockets

extension EventLoop {
    /// Whether a write may wait for the end of the turn: there is none in what the loop does not call.
    var collectsWrites: Bool { isInside && turnEndIsAhead }

    /// Has a connection send what it collects when the turn ends.
    ///
    /// - Throws: the first time, `noMemory`.
    func sendAtTurnEnd(_ connection: StreamConnection) throws(IOError) {
        if collecting.isEmpty { try requestTurnEnd() }
        collecting.append(connection)
    }

    private func requestTurnEnd() throws(IOError) {
        if turnEnd == nil { turnEnd = try seam.onTurnEnd { [unowned self] in turnEnds() } }
        turnEnd?.request()
    }

    /// What its jobs write is sent at once: were it collected, they could keep the turn from ending.
    private func turnEnds() {
        enter()
        turnEndIsAhead = false
        for connection in collecting where connection.isCollecting { connection.flush() }
        collecting.removeAll(keepingCapacity: collecting.count <= 1024)
        leave()
        turnEndIsAhead = true
    }
}
