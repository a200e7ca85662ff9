import CLinux
import FaultTools
import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// A process that was started with standard input, output or error closed. Each test has one of its own.
@Suite struct ClosedStreamTests {
    @Test(
        "Nothing that is opened gets the number of a standard stream",
        .bug(id: "closed-standard-streams"),
        arguments: ClosedStreams.combinations
    )
    func numbers(_ closed: [Int]) async {
        await #expect(processExitsWith: .exitCode(0)) { [closed] in
            alarm(300)
            let streams = try ClosedStreams(closed.map(CInt.init))
            let engines = try EngineKind.allCases.map { try $0.make() }
            for engine in engines { try openPoster(of: engine) }
            let raw = [
                clinux_open_null(), clinux_eventfd(0), clinux_epoll_create(), clinux_signalfd(1),
                clinux_readable_after(1), clinux_socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0),
            ]
            #expect(raw.allSatisfy { $0 > 2 }, "\(raw)")
            var pipe: [CInt] = [0, 0]
            #expect(unsafe clinux_pipe(&pipe) == 0 && pipe.allSatisfy { $0 > 2 }, "\(pipe)")
            let (pair, waker) = (try Pair(), try Waker())
            let first = try pair.takeFirst()
            let copy = try Descriptor(adopting: FileDescriptor(rawValue: raw[1])).duplicate()
            let listener = try Socket.listening(on: .loopback(port: 0))
            let client = try Socket.connecting(to: try listener.localAddress())
            let accepted = try acceptOne(from: listener)
            let child = try Child(Program("true"))
            #expect(streams.opened.isEmpty, "\(streams.opened) of \(closed)")
            // A new number is the same file.
            #expect(fcntl(accepted.fileDescriptor.rawValue, F_GETFL) & O_NONBLOCK != 0)
            for number in [accepted.fileDescriptor.rawValue, copy.fileDescriptor.rawValue, raw[0], pipe[0]] {
                #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
            }
            // Until here nothing has been closed.
            withExtendedLifetime((engines, waker, pair)) {}
            _ = (child.number, client.socket.fileDescriptor, first.fileDescriptor)
            _ = (accepted.fileDescriptor, copy.fileDescriptor)
            exit(0)
        }
    }

    /// Libevent opens descriptors of its own for it.
    @Test(
        "What a base opens again in a forked child does not get such a number either",
        .bug(id: "closed-standard-streams")
    )
    func forked() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            for method in [EventMethod.epoll, .epollChangelist, .poll, .select] {
                let base = try EventBase(EventConfiguration(method: method))
                let child = forkProcess()
                if child == 0 {
                    for number in CInt(0)...2 { close(number) }
                    let isRenewed = (try? base.reinitialiseAfterFork()) != nil
                    _exit(isRenewed && (0...2).allSatisfy { fcntl($0, F_GETFD) == -1 } ? 0 : 1)
                }
                #expect(clinux_wait_child(child) == 0)
            }
            exit(0)
        }
    }

    /// A child that took its channel to the parent for a standard stream would write to it, or lose it to a stream.
    @Test(
        "What cannot be started is an error, and its streams get no byte",
        .bug(id: "closed-standard-streams"),
        arguments: ClosedStreams.combinations
    )
    func failedStart(_ closed: [Int]) async {
        await #expect(processExitsWith: .exitCode(0)) { [closed] in
            alarm(300)
            _ = try ClosedStreams(closed.map(CInt.init))
            let pair = try Pair()
            do {
                let socket = try pair.takeFirst()
                var program = Program("/no/such/program")
                program.input = .descriptor(socket.fileDescriptor)
                program.output = program.input
                program.errors = program.input
                #expect(#expect(throws: IOError.self) { _ = try Child(program) }?.code == .notFound)
            }
            try pair.second.waitForInput()
            #expect(pair.second.readBytes() == nil)
            exit(0)
        }
    }

    @Test(
        "A program has all three streams, those that are closed here from and to /dev/null",
        .bug(id: "closed-standard-streams"),
        arguments: ClosedStreams.combinations
    )
    func streamsOfPrograms(_ closed: [Int]) async {
        await #expect(processExitsWith: .exitCode(0)) { [closed] in
            alarm(300)
            _ = try ClosedStreams(closed.map(CInt.init))
            let tests = closed.map { "test /proc/self/fd/\($0) -ef /dev/null" }.joined(separator: " && ")
            var child = try Child(Program("sh", ["-c", tests]))
            waitForEnd(of: &child)
            #expect(child.exitStatus() == .exited(0))
            exit(0)
        }
    }
}

private func acceptOne(from listener: borrowing Socket) throws -> Socket {
    try listener.waitForInput()
    guard let accepted = try listener.accept() else { throw IOError("accept4", .timedOut) }
    return accepted.intoSocket()
}
