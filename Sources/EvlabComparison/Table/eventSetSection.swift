internal import Sockets

/// What a wait leaves of the set that it was given: of some sockets one becomes ready, and after the wait another one.
func eventSetSection(_ options: TableOptions) throws(IOError) -> TableSection {
    let count = min(64, options.mostWatched)
    let (early, late) = (count / 4, count / 2)
    var pairs = try PairRow(count: count)
    var sets = try BareSets(pairs.readers())
    try pairs.write(to: early)
    _ = (try sets.select(), try sets.poll(), try sets.epollWait())
    let asked = [sets.askedOfSelect, sets.askedOfPoll, sets.askedOfEpoll ?? 0]

    try pairs.read(from: early)
    try pairs.write(to: late)
    _ = (try sets.select(), try sets.poll(), try sets.epollWait())
    let sees = [sets.selectFound(late), sets.pollFound(late), sets.epollFound(late)]

    sets.refill()
    _ = try sets.select()
    let seesRefilled = sets.selectFound(late)

    let isSo = asked == [1, count, count] && sees == [false, true, true] && seesRefilled
    return TableSection(
        title: "Event set",
        claims: ["three sets, rewritten, refilled each call", "one array, interest kept", "a table in the kernel"],
        rows: [
            .init(label: "watched, one of them ready", cells: [.integer(count), .integer(count), .integer(count)]),
            .init(label: "still asked for after a wait", cells: asked.map(JSONValue.integer)),
            .init(label: "a new arrival seen, nothing refilled", cells: sees.map(JSONValue.bool)),
            .init(label: "a new arrival seen, refilled", cells: [.bool(seesRefilled), .null, .null]),
        ],
        findings: [
            TableFinding(
                isSo ? .supported : .corrected,
                "after a wait select asked for \(asked[0]) of \(count), poll for \(asked[1]), epoll for \(asked[2]); "
                    + "so only select's set has to be filled again"
            )
        ]
    )
}
