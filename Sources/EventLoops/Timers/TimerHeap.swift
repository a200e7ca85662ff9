/// The times that a loop waits for, the earliest first. A node knows its place, so that it is found when it is cancelled;
/// nothing is allocated for a node.
struct TimerHeap {
    private struct Entry {
        var deadline: Int64
        let node: any TimerNode
    }

    private var entries: [Entry] = []

    /// The earliest time, in nanoseconds of the monotonic clock.
    var earliest: Int64? { entries.first?.deadline }

    /// When a node that is in the heap is due.
    func deadline(of node: any TimerNode) -> Int64? {
        node.timerIndex >= 0 ? entries[node.timerIndex].deadline : nil
    }

    /// Puts a node in, or gives it another time.
    mutating func set(_ node: any TimerNode, to deadline: Int64) {
        let index = node.timerIndex
        guard index >= 0 else {
            entries.append(Entry(deadline: deadline, node: node))
            node.timerIndex = entries.count - 1
            return moveUp(entries.count - 1)
        }
        let isEarlier = deadline < entries[index].deadline
        entries[index].deadline = deadline
        isEarlier ? moveUp(index) : moveDown(index)
    }

    mutating func remove(_ node: any TimerNode) {
        let index = node.timerIndex
        guard index >= 0 else { return }
        node.timerIndex = -1
        let last = entries.removeLast()
        guard index < entries.count else { return }
        entries[index] = last
        last.node.timerIndex = index
        moveUp(index)
        moveDown(last.node.timerIndex)
    }

    /// Takes out the earliest node if it is due.
    mutating func popDue(now: Int64) -> (any TimerNode)? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        remove(first.node)
        return first.node
    }

    private mutating func moveUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard entries[index].deadline < entries[parent].deadline else { return }
            swap(index, parent)
            index = parent
        }
    }

    private mutating func moveDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count {
                if entries[child].deadline < entries[least].deadline { least = child }
            }
            guard least != index else { return }
            swap(index, least)
            index = least
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        entries.swapAt(a, b)
        entries[a].node.timerIndex = a
        entries[b].node.timerIndex = b
    }
}
