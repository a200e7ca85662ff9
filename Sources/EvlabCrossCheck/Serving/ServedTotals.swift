internal import EvlabDemos

/// What a server did, in the words of its last line.
package struct ServedTotals: Hashable, Sendable {
    /// Connections, of an echo.
    package var connections = 0
    /// Bytes sent back, of an echo.
    package var bytes = 0
    /// Those who gave a name, of a chat.
    package var members = 0
    /// Lines passed on, of a chat.
    package var lines = 0
    /// Who was turned away or dropped, of either.
    package var refused = 0

    package init() {}

    init(_ totals: EchoTotals) {
        connections = totals.connections
        bytes = totals.bytes
        refused = totals.shed
    }

    init(_ totals: ChatTotals) {
        members = totals.members
        lines = totals.lines
        refused = totals.refused + totals.dropped
    }

    mutating func add(_ other: ServedTotals) {
        connections += other.connections
        bytes += other.bytes
        members += other.members
        lines += other.lines
        refused += other.refused
    }

    /// Whether it is what was asked of the server: of the bytes that were sent, a client that left early need not get all.
    func agrees(with asked: ServedTotals, atLeast bytesReceived: Int) -> Bool {
        var same = self
        same.bytes = asked.bytes
        return same == asked && bytes >= bytesReceived && bytes <= asked.bytes
    }
}

extension ServedTotals: CustomStringConvertible {
    package var description: String {
        "connections: \(connections), bytes: \(bytes), members: \(members), lines: \(lines), refused: \(refused)"
    }
}
