import Glibc
import Sockets
import SystemPackage
import Testing

/// RLIMIT_NOFILE as getrlimit(2) takes it.
let descriptorLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

/// Lowers the soft limit of descriptors to `number`, else to the lowest free number, so that none is left but what is
/// closed from here on; gives back the usual limit.
///
/// Only for a test that has a process of its own. The thread gets a table of descriptors of its own as well: other threads
/// of the process, such as those of the test library, open and close some at any time.
func lowerDescriptorLimit(to number: CInt? = nil) -> rlimit {
    unshareDescriptors()
    let lowestFree = dup(0)
    close(lowestFree)
    var limit = rlimit()
    unsafe getrlimit(descriptorLimit, &limit)
    let usual = limit
    limit.rlim_cur = rlim_t(number ?? lowestFree)
    unsafe setrlimit(descriptorLimit, &limit)
    return usual
}

/// unshare(2), which Swift's Glibc module lacks.
private func unshareDescriptors() {
    typealias Unshare = @convention(c) (CInt) -> CInt
    let ownFiles: CInt = 0x400
    guard let symbol = unsafe dlsym(nil, "unshare"), unsafe unsafeBitCast(symbol, to: Unshare.self)(ownFiles) == 0
    else {
        Issue.record("the thread cannot get descriptors of its own")
        return
    }
}

func restoreDescriptorLimit(_ usual: rlimit) {
    var limit = usual
    unsafe setrlimit(descriptorLimit, &limit)
}

/// Waits until poll(2) reports something for `events`; a wait of 10 s is a failure.
@discardableResult
func wait(
    for events: CInt,
    on holder: borrowing some DescriptorHolder & ~Copyable,
    sourceLocation: SourceLocation = #_sourceLocation
) -> CInt {
    let number = holder.fileDescriptor.rawValue
    var request = pollfd(fd: number, events: CShort(events), revents: 0)
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
        if unsafe poll(&request, 1, 1000) == 1 { return CInt(request.revents) }
    }
    Issue.record("descriptor \(number) was not ready for \(events) in time", sourceLocation: sourceLocation)
    return 0
}

/// Whether poll(2) reports the descriptor as readable now.
func isReadable(_ descriptor: FileDescriptor) -> Bool {
    var request = pollfd(fd: descriptor.rawValue, events: CShort(POLLIN), revents: 0)
    return unsafe poll(&request, 1, 0) == 1
}

/// The error that `body` throws, or `nil`.
func failure<Result: ~Copyable>(_ body: () throws(IOError) -> Result) -> IOError? {
    do throws(IOError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// Lets signals reach this thread: the threads of the concurrency pool, and those that they start, block them.
func unblockSignals() {
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_UNBLOCK, &all, nil)
}

/// Runs each body on a thread of its own and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Task: Sendable {
        let number: Int
        let body: @Sendable (Int) -> Void
        init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.number = number
            self.body = body
        }
    }
    let threads = (0..<count).map { number in
        var thread = pthread_t()
        let task = unsafe Unmanaged.passRetained(Task(number, body)).toOpaque()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let task = unsafe Unmanaged<Task>.fromOpaque(argument).takeRetainedValue()
                unblockSignals()
                task.body(task.number)
                return nil
            },
            task
        )
        #expect(result == 0)
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}
