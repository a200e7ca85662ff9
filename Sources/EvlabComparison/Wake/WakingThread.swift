internal import CLinux
internal import Glibc
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// A thread that does something each time it is told to.
final class WakingThread {
    private final class Order: Sendable {
        let request: Descriptor
        let isOver = Atomic(false)
        let wake: @Sendable () -> Void

        init(_ request: consuming Descriptor, _ wake: @escaping @Sendable () -> Void) {
            self.request = request
            self.wake = wake
        }

        func serve() {
            var count: UInt64 = 0
            while unsafe clinux_read(request.fileDescriptor.rawValue, &count, 8) == 8 {
                if isOver.load(ordering: .acquiring) { return }
                wake()
            }
        }
    }

    private let order: Order
    private let thread: pthread_t

    init(_ wake: @escaping @Sendable () -> Void) throws(IOError) {
        let number = try checked("eventfd", clinux_eventfd(0))
        let request = Descriptor(adopting: FileDescriptor(rawValue: number))
        // The thread blocks on it.
        _ = clinux_set_status_flags(number, clinux_get_status_flags(number) & ~O_NONBLOCK)
        let order = Order(request, wake)
        var thread = pthread_t()
        let start = unsafe Unmanaged.passRetained(order)
        let result = unsafe pthread_create(&thread, nil, Self.run, start.toOpaque())
        guard result == 0 else {
            unsafe start.release()
            throw IOError("pthread_create", errno: Errno(rawValue: result))
        }
        self.order = order
        self.thread = thread
    }

    deinit {
        order.isOver.store(true, ordering: .releasing)
        tell()
        pthread_join(thread, nil)
    }

    /// Has the thread do it once.
    func tell() {
        clinux_eventfd_signal(order.request.fileDescriptor.rawValue)
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Order>.fromOpaque(context).takeRetainedValue().serve()
        return nil
    }
}
