internal import Multiplexing
internal import Readiness
internal import Sockets

/// Which triggers there are: a byte comes and stays unread, two waits, another byte, one more wait.
func modeSection() throws(IOError) -> TableSection {
    let level = [
        try reports(.level) { () throws(IOError) in try Select() },
        try reports(.level) { () throws(IOError) in try Poll() },
        try reports(.level) { () throws(IOError) in try Epoll() },
    ]
    let edge = [
        try reports(.edge) { () throws(IOError) in try Select() },
        try reports(.edge) { () throws(IOError) in try Poll() },
        try reports(.edge) { () throws(IOError) in try Epoll() },
    ]
    let isSo =
        level == ["yes, yes, yes", "yes, yes, yes", "yes, yes, yes"]
        && edge == ["there is none", "there is none", "yes, no, yes"]
    return TableSection(
        title: "Modes",
        claims: ["level", "level", "level and edge"],
        rows: [
            .init(label: "level, a byte before waits 1 and 3", cells: level.map(JSONValue.string)),
            .init(label: "edge, a byte before waits 1 and 3", cells: edge.map(JSONValue.string)),
        ],
        findings: [
            TableFinding(
                isSo ? .supported : .corrected,
                "only epoll has edges; it reports each arrival, also one on top of unread bytes"
            )
        ]
    )
}

/// Whether each of three waits reported the socket.
private func reports<Mux: Multiplexer & ~Copyable>(
    _ trigger: Trigger,
    _ make: () throws(IOError) -> Mux
) throws(IOError) -> String {
    let pair = try Socket.pair()
    var multiplexer = try make()
    var batch = try EventBatch(capacity: 1)
    do throws(IOError) {
        try multiplexer.add(pair.first, for: .readable, trigger: trigger, token: 1)
    } catch {
        guard error.code == .unsupported else { throw error }
        return "there is none"
    }
    var answers: [String] = []
    for isNew in [true, false, true] {
        if isNew { _ = try pair.second.write([1].span) }
        try multiplexer.wait(into: &batch, upTo: .zero)
        answers.append(batch.next() == nil ? "no" : "yes")
    }
    return answers.joined(separator: ", ")
}
