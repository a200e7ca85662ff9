/// What a thread needs to begin.
final class ThreadStart: Sendable {
    private let loop: EventLoop
    private let end: LoopEnd?
    private let body: @Sendable (EventLoop) -> Void

    init(loop: EventLoop, end: LoopEnd?, body: @escaping @Sendable (EventLoop) -> Void) {
        self.loop = loop
        self.end = end
        self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        unsafe runBody(context)?.reach()
    }

    /// Of its own, so that nothing holds the loop once it has returned.
    @inline(never)
    private static func runBody(_ context: UnsafeMutableRawPointer) -> LoopEnd? {
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        start.body(start.loop)
        return start.end
    }
}
