/// Nodes with deadlines, in the wheels of a clock without its ticks: each wheel has a list for every value of six bits of the
/// deadline. A node is in the wheel of the highest six bits in which its deadline differs from the present, and moves to a
/// finer one at most ten times in its life, when the present reaches its list.
@safe
@usableFromInline
struct TimerWheels: ~Copyable {
    private static var bitsPerWheel: Int { 6 }
    private static var listsPerWheel: Int { 64 }
    private static var wheelCount: Int { 11 }
    /// The list of what is due at the present. Those of the wheels follow, finest first.
    private static var dueList: Int { 0 }

    private var nodes: UnsafeMutablePointer<TimerNode>
    private var capacity: Int
    /// Nodes from here on were never used.
    @usableFromInline private(set) var reached: Int32 = 0
    /// The nodes that were given back.
    private var free = TimerNode.none

    private let lists: UnsafeMutablePointer<TimerList>
    /// Which lists of each wheel are not empty.
    private let occupied: UnsafeMutablePointer<UInt64>
    /// No deadline in the wheels is earlier.
    private var present: UInt64

    /// How many nodes wait.
    @usableFromInline private(set) var count = 0

    @usableFromInline
    init(minimumCapacity: Int) {
        capacity = max(minimumCapacity, 1)
        unsafe nodes = .allocate(capacity: capacity)
        let listCount = 1 + Self.wheelCount * Self.listsPerWheel
        unsafe lists = .allocate(capacity: listCount)
        unsafe lists.initialize(repeating: TimerList(), count: listCount)
        unsafe occupied = .allocate(capacity: Self.wheelCount)
        unsafe occupied.initialize(repeating: 0, count: Self.wheelCount)
        present = Self.time(.now)
    }

    deinit {
        unsafe nodes.deallocate()
        unsafe lists.deallocate()
        unsafe occupied.deallocate()
    }

    // MARK: Putting in and taking out

    /// A node of its own for a deadline.
    @usableFromInline
    mutating func insert(_ deadline: MonotonicInstant) -> TimerKey {
        let index = takeNode()
        unsafe nodes[Int(index)].deadline = Self.time(deadline)
        place(index)
        count &+= 1
        return unsafe TimerKey(index: index, generation: nodes[Int(index)].generation)
    }

    /// Whether the node was there; it is not any more.
    @usableFromInline
    mutating func remove(_ key: TimerKey) -> Bool {
        guard key.index < reached, unsafe nodes[Int(key.index)].generation == key.generation else { return false }
        unlink(key.index)
        giveBack(key.index)
        return true
    }

    /// The number of a node that is due, which is not there any more; or -1.
    @usableFromInline
    mutating func popDue(_ now: MonotonicInstant) -> Int32 {
        guard isDue(now) else { return TimerNode.none }
        let first = unsafe lists[Self.dueList].first
        unlink(first)
        giveBack(first)
        return first
    }

    /// Whether the node of this number waits.
    @usableFromInline
    func isUsed(_ index: Int32) -> Bool { unsafe nodes[Int(index)].list >= 0 }

    @usableFromInline
    mutating func isDue(_ now: MonotonicInstant) -> Bool {
        guard count > 0 else { return false }
        let now = Self.time(now)
        while true {
            let first = unsafe lists[Self.dueList].first
            if first >= 0 { return unsafe nodes[Int(first)].deadline <= now }
            guard let (list, start) = earliestList(), start <= now else { return false }
            present = start
            spread(list)
        }
    }

    @usableFromInline var nextDeadline: MonotonicInstant? {
        guard count > 0 else { return nil }
        let first = unsafe lists[Self.dueList].first
        if first >= 0 { return unsafe Self.instant(nodes[Int(first)].deadline) }
        guard let (list, start) = earliestList() else { return nil }
        return Self.instant(earliestDeadline(in: list) ?? start)
    }

    /// The first deadline of a list, unless it is long.
    private func earliestDeadline(in list: Int) -> UInt64? {
        var earliest = UInt64.max
        var index = unsafe lists[list].first
        for _ in 0..<16 {
            guard index >= 0 else { return earliest }
            earliest = unsafe min(earliest, nodes[Int(index)].deadline)
            index = unsafe nodes[Int(index)].next
        }
        return nil
    }

    // MARK: The wheels

    /// The list that comes first in time, and the earliest deadline that can be in it.
    private func earliestList() -> (list: Int, start: UInt64)? {
        for wheel in 0..<Self.wheelCount {
            let mask = unsafe occupied[wheel]
            guard mask != 0 else { continue }
            let digit = mask.trailingZeroBitCount
            let shift = UInt64(wheel * Self.bitsPerWheel)
            // The bits above this wheel's are the present's, those below are zero. The last wheel has no bits above.
            let above = shift + UInt64(Self.bitsPerWheel)
            let start = (present >> above) << above | UInt64(digit) << shift
            return (1 + wheel * Self.listsPerWheel + digit, start)
        }
        return nil
    }

    /// Moves what is in the list that the present has reached to finer ones, in its order.
    private mutating func spread(_ list: Int) {
        var index = unsafe lists[list].first
        unsafe lists[list] = TimerList()
        let position = list - 1
        unsafe occupied[position / Self.listsPerWheel] &= ~(1 << UInt64(position % Self.listsPerWheel))
        while index >= 0 {
            let next = unsafe nodes[Int(index)].next
            place(index)
            index = next
        }
    }

    /// Puts a node into the list that its deadline belongs to.
    @inline(__always)
    private mutating func place(_ index: Int32) {
        let deadline = unsafe nodes[Int(index)].deadline
        guard deadline > present else { return placeDue(index, deadline) }
        let wheel = (63 - (deadline ^ present).leadingZeroBitCount) / Self.bitsPerWheel
        let digit = Int(truncatingIfNeeded: deadline >> UInt64(wheel * Self.bitsPerWheel)) & (Self.listsPerWheel - 1)
        unsafe occupied[wheel] |= 1 << UInt64(digit)
        let list = 1 + wheel * Self.listsPerWheel + digit
        append(index, to: list)
    }

    /// What is due has passed through the wheels in its order, but for what is put in when its time has passed already.
    @inline(never)
    private mutating func placeDue(_ index: Int32, _ deadline: UInt64) {
        var previous = unsafe lists[Self.dueList].last
        while previous >= 0, unsafe nodes[Int(previous)].deadline > deadline {
            previous = unsafe nodes[Int(previous)].previous
        }
        insert(index, into: Self.dueList, after: previous)
    }

    // MARK: Lists

    @inline(__always)
    private mutating func append(_ index: Int32, to list: Int) {
        let last = unsafe lists[list].last
        unsafe nodes[Int(index)].list = Int32(truncatingIfNeeded: list)
        unsafe nodes[Int(index)].previous = last
        unsafe nodes[Int(index)].next = TimerNode.none
        unsafe lists[list].last = index
        if last >= 0 {
            unsafe nodes[Int(last)].next = index
        } else {
            unsafe lists[list].first = index
        }
    }

    @inline(__always)
    private mutating func insert(_ index: Int32, into list: Int, after previous: Int32) {
        let next = unsafe previous >= 0 ? nodes[Int(previous)].next : lists[list].first
        unsafe nodes[Int(index)].list = Int32(truncatingIfNeeded: list)
        unsafe nodes[Int(index)].previous = previous
        unsafe nodes[Int(index)].next = next
        if previous >= 0 {
            unsafe nodes[Int(previous)].next = index
        } else {
            unsafe lists[list].first = index
        }
        if next >= 0 {
            unsafe nodes[Int(next)].previous = index
        } else {
            unsafe lists[list].last = index
        }
    }

    @inline(__always)
    private mutating func unlink(_ index: Int32) {
        let node = unsafe nodes[Int(index)]
        let list = Int(node.list)
        if node.previous >= 0 {
            unsafe nodes[Int(node.previous)].next = node.next
        } else {
            unsafe lists[list].first = node.next
        }
        if node.next >= 0 {
            unsafe nodes[Int(node.next)].previous = node.previous
        } else {
            unsafe lists[list].last = node.previous
        }
        guard list != Self.dueList, unsafe lists[list].first < 0 else { return }
        let position = list - 1
        unsafe occupied[position / Self.listsPerWheel] &= ~(1 << UInt64(position % Self.listsPerWheel))
    }

    // MARK: Nodes

    @inline(__always)
    private mutating func takeNode() -> Int32 {
        if free >= 0 {
            let index = free
            free = unsafe nodes[Int(index)].next
            return index
        }
        if Int(reached) == capacity { grow() }
        let index = reached
        unsafe (nodes + Int(index)).initialize(to: TimerNode())
        reached += 1
        return index
    }

    @inline(__always)
    private mutating func giveBack(_ index: Int32) {
        unsafe nodes[Int(index)].generation &+= 1
        unsafe nodes[Int(index)].list = TimerNode.none
        unsafe nodes[Int(index)].next = free
        free = index
        count &-= 1
    }

    /// Called only when every node waits.
    @inline(never)
    private mutating func grow() {
        let nodes = UnsafeMutablePointer<TimerNode>.allocate(capacity: capacity * 2)
        unsafe nodes.moveInitialize(from: self.nodes, count: capacity)
        unsafe self.nodes.deallocate()
        unsafe self.nodes = nodes
        capacity *= 2
    }

    // MARK: Times

    /// In the same order as the instants, from zero on.
    private static func time(_ instant: MonotonicInstant) -> UInt64 {
        UInt64(bitPattern: instant.nanoseconds) ^ 1 << 63
    }

    private static func instant(_ time: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(bitPattern: time ^ 1 << 63))
    }
}
