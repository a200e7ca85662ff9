import CLinux
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// Runs each case of a suite on the thread of the tests, and ends the process when one of them hangs: a task that nobody
/// resumes does not hear of a time limit.
struct OnTestThread: SuiteTrait, TestTrait, TestScoping {
    /// Far above what any case takes on any machine.
    private static let limit: CInt = 600

    let isRecursive = true

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        let watch = try Watch(over: test.displayName ?? test.name)
        defer { watch.end() }
        try await withTaskExecutorPreference(TestThread.shared) { try await function() }
    }

    private final class Watch: Sendable {
        private let name: String
        private let isOver: Waker

        init(over name: String) throws {
            self.name = name
            isOver = try Waker()
            let context = unsafe Unmanaged.passRetained(self).toOpaque()
            guard unsafe clinux_thread_start("test-watch", Self.run, context) < 0 else { return }
            unsafe Unmanaged<Watch>.fromOpaque(context).release()
        }

        func end() {
            isOver.wake()
        }

        private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<Watch>.fromOpaque(context).takeRetainedValue().wait()
        }

        private func wait() {
            var request = pollfd(fd: isOver.fileDescriptor.rawValue, events: CShort(CLINUX_POLL_READABLE), revents: 0)
            guard unsafe clinux_poll(&request, 1, OnTestThread.limit * 1000) == 0 else { return }
            print("\"\(name)\" hangs: not over after \(OnTestThread.limit) seconds")
            abort()
        }
    }
}

extension Trait where Self == OnTestThread {
    static var onTestThread: Self { OnTestThread() }
}
