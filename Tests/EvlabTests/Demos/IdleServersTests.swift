import CLinux
import Glibc
import Testing

/// Servers with nothing to do, after they had something to do: nothing wakes them.
@Suite("An idle server is idle")
struct IdleServersTests {
    private struct Setup: Sendable {
        let arguments: [String]
        let places: Int
        let request: String

        init(_ arguments: [String], places: Int = 1, request: String = "hello\n") {
            (self.arguments, self.places, self.request) = (arguments, places, request)
        }
    }

    private static let echo = EchoVariant.interfaces.map { Setup(["echo"] + $0.arguments) }
    private static let others =
        ["native", "libevent"].flatMap { engine in
            [
                Setup(["chat", "--engine", engine]),
                Setup(["chat", "--api", "async", "--engine", engine]),
                Setup(["resp", "--engine", engine], request: "SET k v\r\nGET k\r\n"),
                Setup(["resp", "--loops", "2", "--engine", engine], request: "SET k v EX 1000\r\nDEL k\r\n"),
                Setup(["idle", "--after", "3600", "--engine", engine]),
            ]
        } + [Setup(["oneshot"]), Setup(["oob"]), Setup(["echo", "--udp"], places: 2)]

    @Test("Nothing wakes it, with clients that are silent, half-closed or gone", .bug(id: "idle-server-not-idle"))
    func isIdle() throws {
        var servers: [Box<DemoServer>] = []
        var guests: [Guest] = []
        for setup in Self.echo + Self.others {
            let server = try DemoServer.start(setup.arguments, places: setup.places)
            let place = setup.places > 1 ? "tcp" : ""
            // The first is gone, the second has finished, the others have fallen silent.
            for number in 0..<10 {
                let guest = try Guest(server.connect(place))
                try guest.connection.send(setup.request)
                if number == 1 { try guest.connection.shutDownWriting() }
                if number == 2 { try guest.connection.resetOnClose() }
                if number != 0, number != 2 { guests.append(guest) }
            }
            servers.append(Box(server))
        }
        // They may have to finish something first; a server that wakes by itself does it in every window.
        let isIdle = try (0..<20).contains { _ in
            let before = try servers.map { try Self.wakeUps($0.value.program.id) }
            Self.pause()
            return try before == servers.map { try Self.wakeUps($0.value.program.id) }
        }
        let busy = isIdle ? [] : try busy(servers)
        #expect(isIdle, "\(busy)")
        for guest in guests { _ = guest }
    }

    /// Those that something wakes.
    private func busy(_ servers: [Box<DemoServer>]) throws -> [[String]] {
        let before = try servers.map { try Self.wakeUps($0.value.program.id) }
        Self.pause()
        return try zip(Self.echo + Self.others, zip(servers, before)).compactMap { setup, server in
            try Self.wakeUps(server.0.value.program.id) == server.1 ? nil : setup.arguments
        }
    }

    /// The time in which it is to do nothing: longer than what a server with a clock would let pass.
    private static func pause() {
        var nothing = pollfd(fd: -1, events: 0, revents: 0)
        _ = unsafe clinux_poll(&nothing, 1, 1300)
    }

    /// How often the threads of a process have waited for something, by thread.
    private static func wakeUps(_ process: pid_t) throws -> String {
        try Program.run(["sh", "-c", "grep -h ^voluntary /proc/\(process)/task/*/status"]).output
    }
}
