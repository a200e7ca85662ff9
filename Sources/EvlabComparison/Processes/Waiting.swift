internal import CLinux
internal import Readiness
internal import Sockets
internal import SystemPackage

/// Waits for descriptors and, at the same time, for somebody who wants the whole comparison to end.
struct Waiting: ~Copyable {
    private let signals: SignalMailbox

    /// From here on SIGINT and SIGTERM make the waits throw instead of ending the process.
    init() throws(ComparisonFailure) {
        signals = try ComparisonFailure.wrapping { () throws(IOError) in
            let signals = try SignalMailbox()
            try signals.subscribe(to: .interrupt)
            try signals.subscribe(to: .terminate)
            return signals
        }
    }

    /// What of `events` (`poll(2)`) holds for the descriptor; 0 when the deadline passed first.
    func wait(
        for descriptor: FileDescriptor,
        _ events: CInt,
        until deadline: Deadline
    ) throws(ComparisonFailure) -> CInt {
        var requests: [pollfd] = [
            pollfd(fd: descriptor.rawValue, events: Int16(truncatingIfNeeded: events), revents: 0),
            pollfd(fd: signals.fileDescriptor.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let result: CInt = unsafe requests.withUnsafeMutableBufferPointer {
                unsafe clinux_poll($0.baseAddress, UInt32($0.count), deadline.milliseconds)
            }
            if requests[1].revents != 0 { throw .interrupted }
            if result > 0 { return CInt(requests[0].revents) }
            if result == 0 { return 0 }
            guard result == -EINTR else { throw ComparisonFailure(IOError("poll", errno: Errno(rawValue: -result))) }
        }
    }
}
