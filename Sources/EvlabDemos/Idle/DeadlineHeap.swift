/// A heap: a tree in an array, in which nothing is due before what stands above it. It knows where each number stands, so that
/// one can be taken out of the middle.
struct DeadlineHeap: DeadlineQueue {
    private struct Entry {
        let number: Int
        let deadline: Instant
    }

    private(set) var steps = 0
    private var entries: [Entry] = []
    private var places: [Int: Int] = [:]

    var nextLook: Instant? { entries.first?.deadline }

    mutating func insert(_ number: Int, at deadline: Instant) {
        entries.append(Entry(number: number, deadline: deadline))
        places[number] = entries.count - 1
        rise(from: entries.count - 1)
    }

    mutating func remove(_ number: Int) {
        guard let place = places.removeValue(forKey: number) else { return }
        let last = entries.removeLast()
        guard place < entries.count else { return }
        put(last, at: place)
        rise(from: place)
        sink(from: place)
    }

    mutating func popDue(_ now: Instant) -> Int? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        remove(first.number)
        return first.number
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        entries[place] = entry
        places[entry.number] = place
    }

    private mutating func rise(from start: Int) {
        var place = start
        let entry = entries[place]
        while place > 0 {
            steps += 1
            let parent = (place - 1) / 2
            guard entry.deadline < entries[parent].deadline else { break }
            put(entries[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    private mutating func sink(from start: Int) {
        var place = start
        let entry = entries[place]
        while 2 * place + 1 < entries.count {
            steps += 1
            var child = 2 * place + 1
            if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline { child += 1 }
            guard entries[child].deadline < entry.deadline else { break }
            put(entries[child], at: place)
            place = child
        }
        put(entry, at: place)
    }
}
