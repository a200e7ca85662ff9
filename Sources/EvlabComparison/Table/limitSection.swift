internal import CLinux
internal import Glibc
internal import Multiplexing
internal import Readiness
internal import Sockets
internal import SystemPackage

/// How many descriptors, and which: C's type, the process's limits, the system's.
func limitSection() throws(IOError) -> TableSection {
    let limits = DescriptorLimits.current
    let room = MemoryLayout<fd_set>.size * 8
    let highest = min(limits.soft, EventBatch.largestCapacity) - 1
    let classic = try report(number: room) { () throws(IOError) in try Select(limit: .classic) }
    let reports = [
        try report(number: highest) { () throws(IOError) in try Select() },
        try report(number: highest) { () throws(IOError) in try Poll() },
        try report(number: highest) { () throws(IOError) in try Epoll() },
    ]
    let tooMany = try resultOfPolling(limits.soft + 1)
    var section = TableSection(
        title: "Descriptors",
        claims: ["usually at most 1,024", "65,535 and what the limits allow", "65,535 and what the limits allow"],
        rows: [
            .init(label: "places in C's fd_set", cells: [.integer(room), .null, .null]),
            .init(
                label: "descriptor \(grouped(room)), in a set of that size",
                cells: [.string(classic), .null, .null]
            ),
            .init(label: "descriptor \(grouped(highest)), in one large enough", cells: reports.map(JSONValue.string)),
            .init(label: "\(grouped(limits.soft + 1)) entries in one call", cells: [.null, .string(tooMany), .null]),
        ],
        findings: findings(room: room, highest: highest, classic: classic, reports: reports)
    )
    section.settings = limits.settings
    return section
}

private func findings(room: Int, highest: Int, classic: String, reports: [String]) -> [TableFinding] {
    guard highest >= room else {
        let reason = "this process may have no descriptor \(grouped(room)): ulimit -n is \(highest + 1)"
        return [TableFinding(.undecided, reason)]
    }
    let passes = classic != "reported" && reports[0] == "reported"
    let ofSelect = TableFinding(
        passes ? .corrected : .undecided,
        "\(grouped(room)) is the size of C's type, not a limit of the call: with a larger set select reported "
            + "descriptor \(grouped(highest))"
    )
    guard reports[1] == "reported", reports[2] == "reported" else {
        return [ofSelect, TableFinding(.undecided, "poll or epoll did not report descriptor \(highest)")]
    }
    guard highest > 65_535 else {
        return [
            ofSelect,
            TableFinding(
                .undecided,
                "poll and epoll took every descriptor that ulimit -n allows; it allows none above 65,535 here"
            ),
        ]
    }
    return [
        ofSelect,
        TableFinding(.corrected, "65,535 is no limit: poll and epoll reported descriptor \(grouped(highest))"),
    ]
}

private func grouped(_ count: Int) -> String { EvlabComparison.grouped(Double(count)) }

/// What a multiplexer does with a readable descriptor of a certain number: `reported`, or its error.
private func report<Mux: Multiplexer & ~Copyable>(
    number: Int,
    _ make: () throws(IOError) -> Mux
) throws(IOError) -> String {
    let pair = try Socket.pair()
    _ = try pair.second.write([1].span)
    var multiplexer = try make()
    var batch = try EventBatch(capacity: 1)
    do throws(IOError) {
        let copy = clinux_duplicate(pair.first.fileDescriptor.rawValue, CInt(clamping: number))
        let descriptor = Descriptor(number: try checked("fcntl", copy))
        guard descriptor.fileDescriptor.rawValue == CInt(clamping: number) else { return "number taken" }
        try multiplexer.add(descriptor, for: .readable, trigger: .level, token: 1)
        try multiplexer.wait(into: &batch, upTo: .zero)
        return batch.next() == nil ? "not reported" : "reported"
    } catch {
        return error.code == .outOfRange ? "refused" : error.code.description
    }
}

/// What `poll(2)` returns for so many entries, all of them empty.
private func resultOfPolling(_ count: Int) throws(IOError) -> String {
    guard count <= EventBatch.largestCapacity else { return "not tried" }
    var requests = [pollfd](repeating: pollfd(fd: -1, events: 0, revents: 0), count: count)
    let result = unsafe requests.withUnsafeMutableBufferPointer {
        unsafe clinux_ppoll($0.baseAddress, UInt($0.count), 0)
    }
    return result == -EINVAL ? "EINVAL" : result < 0 ? Errno(rawValue: -result).description : "taken"
}
