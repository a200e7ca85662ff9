/// What a thread needs to begin.
final class ThreadStart: Sendable {
    private let loop: EventLoop
    private let body: @Sendable (EventLoop) -> Void

    init(loop: EventLoop, body: @escaping @Sendable (EventLoop) -> Void) {
        self.loop = loop
        self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
        start.body(start.loop)
    }
}
