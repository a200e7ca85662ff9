/// A wheel of slots, one a tick: a deadline is put into the slot of its tick, whatever else is there. Deadlines further away
/// than one round share the slots with nearer ones and are passed over until their round comes. What is due is found at the
/// end of its tick, so up to one tick late.
struct DeadlineWheel: DeadlineQueue {
    private static let slotCount = 64

    private struct Place {
        let tick: Int
        let deadline: Instant
    }

    private(set) var steps = 0
    private let start: Instant
    private let tick: Duration
    private var slots: [Set<Int>] = Array(repeating: [], count: slotCount)
    private var places: [Int: Place] = [:]
    /// The slots of the ticks before this one have been looked at.
    private var present = 0
    private var due: [Int] = []

    /// - Parameter span: a usual time until a deadline, which a quarter of a round is made to last.
    init(for span: Duration, from start: Instant) {
        self.start = start
        tick = max(span / (Self.slotCount / 4), .milliseconds(1))
    }

    var nextLook: Instant? {
        guard due.isEmpty else { return start }
        guard !places.isEmpty else { return nil }
        // The end of the first tick that has anything.
        let distance = (0..<Self.slotCount).first { !slots[(present + $0) % Self.slotCount].isEmpty } ?? 0
        return start.advanced(by: tick * (present + distance + 1))
    }

    mutating func insert(_ number: Int, at deadline: Instant) {
        steps += 1
        let place = max(present, Int(start.duration(to: deadline) / tick))
        places[number] = Place(tick: place, deadline: deadline)
        slots[place % Self.slotCount].insert(number)
    }

    mutating func remove(_ number: Int) {
        steps += 1
        guard let place = places.removeValue(forKey: number) else { return due.removeAll { $0 == number } }
        slots[place.tick % Self.slotCount].remove(number)
    }

    mutating func popDue(_ now: Instant) -> Int? {
        let end = Int(start.duration(to: now) / tick)
        while due.isEmpty, present < end { turn() }
        return due.popLast()
    }

    /// Looks at the slot of the present tick.
    private mutating func turn() {
        steps += 1
        let slot = present % Self.slotCount
        for number in slots[slot] {
            steps += 1
            guard let place = places[number], place.tick <= present else { continue }
            slots[slot].remove(number)
            places[number] = nil
            due.append(number)
        }
        present += 1
    }
}
