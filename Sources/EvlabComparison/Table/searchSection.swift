internal import CLinux
internal import Sockets

/// What a program does after a wait to find the ready one among many: the one in the middle.
func searchSection(_ options: TableOptions) throws(IOError) -> TableSection {
    let count = options.mostWatched
    var pairs = try PairRow(count: count)
    var sets = try BareSets(pairs.readers())
    try pairs.write(to: count / 2)
    let ready = (try sets.select(), try sets.poll(), try sets.epollWait())
    let places = [
        sets.placesInBits(toFind: ready.0), sets.placesInRequests(toFind: ready.1),
        sets.placesInEvents(toFind: ready.2),
    ]
    let times = [
        timed(options) { start in sets.placesInBits(toFind: ready.0, from: start) },
        timed(options) { start in sets.placesInRequests(toFind: ready.1, from: start) },
        timed(options) { start in sets.placesInEvents(toFind: ready.2) &+ start },
    ]
    let isSo = places[0] > count / 2 && places[1] > count / 2 && places[2] == 1
    return TableSection(
        title: "Finding the ready ones",
        claims: ["O(n)", "O(n)", "O(1)"],
        rows: [
            .init(label: "watched, the middle one ready", cells: [.integer(count), .integer(count), .integer(count)]),
            .init(label: "places looked at to find it", cells: places.map(JSONValue.integer)),
            .init(label: "microseconds that this takes", cells: times.map { .number($0.median / 1000) }),
        ],
        findings: [
            TableFinding(
                isSo ? .supported : .corrected,
                "one ready among \(grouped(Double(count))) was found at place \(grouped(Double(places[0]))) by select, which looks at every number up to it, "
                    + "\(grouped(Double(places[1]))) by poll, \(places[2]) by epoll"
            )
        ]
    )
}

/// Nanoseconds of one search. Each begins at another one of the first places, so that the compiler cannot make one of many.
private func timed(_ options: TableOptions, _ search: (Int) -> Int) -> CostSamples {
    let repetitions = 200
    var samples = CostSamples()
    var places = 0
    for _ in 0..<options.runs {
        let start = clinux_monotonic_now()
        for repetition in 0..<repetitions { places &+= search(repetition % 4) }
        let end = clinux_monotonic_now()
        // Nothing was found in no place at all: asked so that the searches are not left out by the compiler.
        guard places != 0 else { continue }
        samples.values.append(Double(end - start) / Double(repetitions))
    }
    return samples
}
