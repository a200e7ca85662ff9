public import Libevent

extension EventLoop {
    /// Runs a loop on the calling thread, on a base that is there already, for as long as `body` takes.
    ///
    /// What else is on the base goes on as it did: events of a C library that made the base are called back in between. The
    /// base is not closed at the end, and can be run again; `body` must not close it. Whoever ends the run of the base ends
    /// the loop: its connections are closed, and what waits on it is resumed with an error of code `closed`.
    ///
    /// - Throws: what making a loop throws, and what `body` throws.
    public static func run<Result: Sendable>(
        on base: EventBase,
        _ body: @escaping @Sendable (EventLoop) async throws -> Result
    ) throws -> Result {
        try EventLoop(EngineSeam(base: base), name: "event-loop").run(body)
    }

    /// Lends libevent's `struct event_base *` to C functions, which may put events of their own on it. It must be neither
    /// freed nor run. `nil`, and `body` is not called, on a native loop.
    ///
    /// Thread rule: the loop's thread.
    public func withUnsafeEventBase<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
        checkThread()
        return unsafe seam.base?.withUnsafeHandle(body)
    }
}
