internal import CLinux
package import Synchronization

/// Which thread runs a loop. Atomic only so that a call from a wrong thread is found and is no race.
package struct LoopThread: ~Copyable {
    // The identity of the thread, or 0.
    @usableFromInline package let runner = Atomic<UInt>(0)

    package init() {}

    /// Whether any thread runs the loop.
    package var isRunning: Bool { runner.load(ordering: .relaxed) != 0 }

    /// This thread runs the loop from here on; `false` when one does already.
    package func begin() -> Bool {
        let me = UInt(clinux_thread_identity())
        return runner.compareExchange(expected: 0, desired: me, ordering: .acquiringAndReleasing).exchanged
    }

    package func end() {
        runner.store(0, ordering: .releasing)
    }

    /// Traps when another thread runs the loop: going on would corrupt what both use.
    @inlinable
    @inline(__always)
    package func check(_ loop: StaticString) {
        let running = runner.load(ordering: .relaxed)
        if running != 0, running != UInt(clinux_thread_identity()) { Self.trap(loop) }
    }

    @usableFromInline
    @inline(never)
    static func trap(_ loop: StaticString) -> Never {
        // A mistake in the program, which would be a data race: no input leads here.
        fatalError(
            """
            \(loop) or something on it was used from a thread other than the one that runs it; \
            use loop.poster().post { loop in ... } to run code on the loop's thread
            """
        )
    }
}
