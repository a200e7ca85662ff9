/// A list in the order of the deadlines. A new one is put in from the end, where it belongs as long as everybody is given the
/// same time; the classic listing begins at the front and passes over everybody.
struct DeadlineList: DeadlineQueue {
    private struct Entry {
        let deadline: Instant
        var previous: Int?
        var next: Int?
    }

    private(set) var steps = 0
    private var entries: [Int: Entry] = [:]
    private var first: Int?
    private var last: Int?

    var nextLook: Instant? { first.flatMap { entries[$0]?.deadline } }

    mutating func insert(_ number: Int, at deadline: Instant) {
        var previous = last
        while let candidate = previous, let entry = entries[candidate] {
            steps += 1
            if entry.deadline <= deadline { break }
            previous = entry.previous
        }
        let next = previous.map { entries[$0]?.next } ?? first
        entries[number] = Entry(deadline: deadline, previous: previous, next: next)
        link(previous, number)
        link(number, next)
    }

    mutating func remove(_ number: Int) {
        guard let entry = entries.removeValue(forKey: number) else { return }
        steps += 1
        link(entry.previous, entry.next)
    }

    mutating func popDue(_ now: Instant) -> Int? {
        guard let number = first, let entry = entries[number], entry.deadline <= now else { return nil }
        remove(number)
        return number
    }

    /// Makes two neighbours; `nil` stands for the front on the left and for the end on the right.
    private mutating func link(_ left: Int?, _ right: Int?) {
        if let left { entries[left]?.next = right } else { first = right }
        if let right { entries[right]?.previous = left } else { last = left }
    }
}
