import Glibc
import Sockets
import Testing

/// What `demo inetd` does about children, whichever way it was started.
@Suite("demo inetd and its children", .serialized)
struct InetdChildrenTests {
    /// Its parent ends at once, and it a moment later.
    private static let orphan = "orphan 0/tcp /bin/sh -c (sleep${IFS}0.2)>/dev/null&echo${IFS}$!"

    @Test(
        "Orphans leave no zombies where they become its children, and its own programs are counted",
        .bug(id: "orphans-of-process-1"),
        .enabled(if: has("python3")),
        arguments: DemoVariant.engines
    )
    func orphans(_ variant: DemoVariant) throws {
        // PR_SET_CHILD_SUBREAPER makes of it what process 1 of a container is.
        let adopt = "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1); os.execv(sys.argv[1], sys.argv[1:])"
        var server = try DemoServer.start(
            services: Self.orphan + "\nhello 0/tcp /bin/echo hello",
            on: variant,
            places: 2,
            through: ["python3", "-c", adopt]
        )
        for _ in 0..<10 {
            #expect(try Int(server.connect("orphan/tcp").line()) != nil)
            #expect(try server.connect("hello/tcp").text() == "hello\n")
        }
        #expect(try eventually { try server.children.isEmpty })
        #expect(try server.stop() == "connections: 20, datagrams: 0, programs: 20, refused: 0, failed: 0\n")
    }

    @Test(
        "A child that it had before it became inetd leaves no zombie",
        .bug(id: "orphans-of-process-1"),
        arguments: DemoVariant.engines
    )
    func earlierChildren(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(
            services: "hello 0/tcp /bin/echo hello",
            on: variant,
            through: ["sh", "-c", "true & sleep 0.2 & exec \"$0\" \"$@\""]
        )
        #expect(try server.connect().text() == "hello\n")
        #expect(try eventually { try server.children.isEmpty })
        #expect(try server.stop() == "connections: 1, datagrams: 0, programs: 1, refused: 0, failed: 0\n")
    }

    @Test(
        "Where SIGCHLD was ignored every program is started, and its end is noticed",
        .bug(id: "ignored-sigchld"),
        arguments: DemoVariant.all
    )
    func ignoredEnds(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(
            services: "hello 0/tcp at-once=1 /bin/echo hello",
            on: variant,
            through: ["sh", "-c", "trap '' CHLD; exec \"$0\" \"$@\""]
        )
        for _ in 0..<20 { #expect(try server.connect().text() == "hello\n") }
        let isQuiet = server.isQuiet()
        #expect(isQuiet)
        #expect(try server.stop() == "connections: 20, datagrams: 0, programs: 20, refused: 0, failed: 0\n")
    }

    /// Another program of this kind closes every number below the limit before it serves.
    @Test(
        "Nothing takes as many calls as there may be descriptors",
        .bug(id: "work-for-each-possible-descriptor"),
        .enabled(if: has("strace"))
    )
    func highLimit() throws {
        let trace = CallTrace("inetd-limit", of: "close,close_range,fcntl,dup2,dup3")
        defer { trace.remove() }
        var server = try DemoServer.start(
            services: "hello 0/tcp /bin/echo hello",
            on: DemoVariant(engine: "native", method: "epoll"),
            through: ["sh", "-c", "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\""] + trace.command
        )
        #expect(try server.connect().text() == "hello\n")
        #expect(try server.stop() == "connections: 1, datagrams: 0, programs: 1, refused: 0, failed: 0\n")
        #expect(try trace.calls.count < 500)
    }
}
