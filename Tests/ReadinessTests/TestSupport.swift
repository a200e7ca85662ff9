import Glibc
import Sockets
import SystemPackage
import Testing

/// Waits until poll(2) reports something for `events`; a wait of a minute is a failure.
@discardableResult
func wait(
    for events: CInt,
    on holder: borrowing some DescriptorHolder & ~Copyable,
    sourceLocation: SourceLocation = #_sourceLocation
) -> CInt {
    let number = holder.fileDescriptor.rawValue
    var request = pollfd(fd: number, events: CShort(events), revents: 0)
    let deadline = ContinuousClock.now + .seconds(60)
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
