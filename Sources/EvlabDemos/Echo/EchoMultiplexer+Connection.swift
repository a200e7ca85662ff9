internal import Multiplexing
internal import Readiness
internal import Sockets

extension EchoMultiplexer {
    /// One peer: its socket, and what it is owed.
    struct Connection: ~Copyable {
        private let socket: Socket
        private var echo = EchoConnection()

        init(_ socket: consuming Socket) {
            self.socket = socket
        }

        @inline(__always)
        mutating func turn(
            _ events: ReadyEvents,
            _ buffer: inout MutableSpan<UInt8>,
            _ echoed: inout Int
        ) -> EchoConnection.Next {
            echo.turn(on: socket, events, &buffer, &echoed)
        }

        func isWatched(by epoll: borrowing Epoll, for interest: Interest, _ trigger: Trigger, _ token: Token) -> Bool {
            (try? epoll.add(socket, for: interest, trigger: trigger, token: token)) != nil
        }

        /// `nil` is the interest that it had.
        func isRearmed(in epoll: borrowing Epoll, for interest: Interest?) -> Bool {
            (try? epoll.rearm(socket, for: interest)) != nil
        }
    }
}
