/// What the deadlines of idle connections are kept in.
public enum IdleStructure: String, Hashable, Sendable, CaseIterable {
    case list, wheel, heap

    func make(for span: Duration) -> any DeadlineQueue {
        switch self {
        case .list: DeadlineList()
        case .wheel: DeadlineWheel(for: span, from: .now)
        case .heap: DeadlineHeap()
        }
    }
}
