internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// Clients that come and go, watched by epoll alone.
@safe
final class ClientCrowd {
    final class Client {
        let socket: Socket
        /// When it started to connect; nanoseconds.
        let began: Int64
        var hasSent = false
        var received = 0

        init(_ socket: consuming Socket, began: Int64) {
            self.socket = socket
            self.began = began
        }
    }

    private let epoll: Descriptor
    private var clients: [Int: Client] = [:]
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)

    init() throws(ComparisonFailure) {
        epoll = try ComparisonFailure.wrapping { () throws(IOError) in
            Descriptor(adopting: FileDescriptor(rawValue: try checked("epoll_create1", clinux_epoll_create())))
        }
    }

    func add(_ client: Client) throws(IOError) {
        let number = client.socket.fileDescriptor.rawValue
        clients[Int(number)] = client
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
        try check(
            "epoll_ctl",
            clinux_epoll_ctl(epoll.fileDescriptor.rawValue, EPOLL_CTL_ADD, number, events, UInt64(number))
        )
    }

    /// Lets go of a client, which closes it.
    func remove(_ client: Client) {
        clients[Int(client.socket.fileDescriptor.rawValue)] = nil
    }

    /// The clients for which there is something to do; none when the time has passed.
    func wait(_ duration: Duration) throws(ComparisonFailure) -> [Client] {
        let deadline = Deadline(after: duration)
        while true {
            let count = unsafe events.withUnsafeMutableBufferPointer {
                unsafe clinux_epoll_wait(
                    epoll.fileDescriptor.rawValue,
                    $0.baseAddress,
                    CInt($0.count),
                    deadline.milliseconds
                )
            }
            if count > 0 {
                return (0..<Int(count)).compactMap { unsafe clients[Int(events[$0].data.u64)] }
            }
            if deadline.hasPassed { return [] }
        }
    }
}
