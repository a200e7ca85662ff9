import Glibc
import Sockets
import Testing

/// The services that are programs. What the built-in ones say is in the transcripts.
@Suite("demo inetd", .serialized)
struct InetdDemoTests {
    /// It says its process number, and ends when it is told something.
    private static let patient = "patient 0/tcp at-once=20 waiting=1000 /bin/sh \(script)"
    // Words of a configuration are separated by blanks, so a script has none.
    private static let script = "-c echo${IFS}$$;read${IFS}x"

    @Test("A hundred programs, twenty at a time", .enabled(if: has("python3")), arguments: DemoVariant.all)
    func crowd(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(services: Self.patient, on: variant)
        let before = try server.descriptorCount
        let end = try Program.run(["python3", client("inetd_crowd"), server.port, "100", "20", "\(server.program.id)"])
        #expect(end.output == "100 programs, at most 20 at once, none left\n", "\(end.errors)")
        #expect(try eventually { try server.descriptorCount <= before })
        #expect(try server.stop() == "connections: 100, datagrams: 0, programs: 100, refused: 0, failed: 0\n")
    }

    @Test("nc and socat talk to programs", .enabled(if: has("nc", "socat", "curl")), arguments: DemoVariant.all)
    func otherClients(_ variant: DemoVariant) throws {
        let services = """
            cat 0/tcp /bin/cat       # as echo, by another process
            hello 0/tcp at-once=1 waiting=3 a-second=1000 /bin/echo hello, world
            errors 0/tcp /bin/ls /does-not-exist
            """
        var server = try DemoServer.start(services: services, on: variant, places: 3)
        let script = """
            seq 20000 | nc -N 127.0.0.1 $0 | cksum
            seq 20000 | socat -t 60 - TCP:127.0.0.1:$0 | cksum
            nc -d 127.0.0.1 $1
            curl -s telnet://127.0.0.1:$1 </dev/null
            nc -d 127.0.0.1 $2 | grep -c /does-not-exist
            """
        let ports = try ["cat/tcp", "hello/tcp", "errors/tcp"].map { try server.port($0) }
        let end = try Program.run(["sh", "-c", script] + ports)
        let sum = try Program.run(["sh", "-c", "seq 20000 | cksum"]).output
        #expect(end.output == sum + sum + "hello, world\nhello, world\n1\n", "\(end.errors)")
        #expect(try server.stop() == "connections: 5, datagrams: 0, programs: 5, refused: 0, failed: 0\n")
    }

    @Test("No more run than may, no more wait than may, and whoever waits has a turn", arguments: DemoVariant.all)
    func limits(_ variant: DemoVariant) throws {
        let services = "patient 0/tcp at-once=2 waiting=1 /bin/sh \(Self.script)"
        var server = try DemoServer.start(services: services, on: variant)
        do {
            let first = try server.connect()
            _ = try first.line()
            let second = try server.connect()
            _ = try second.line()
            let third = try server.connect()
            let fourth = try server.connect()
            // One too many is closed; until then the one before it has not been served.
            #expect(try fourth.receive().isEmpty)
            #expect(try server.children.count == 2)
            #expect(try !third.hasInput(within: .zero))
            try first.send("go\n")
            #expect(try first.text().isEmpty)
            #expect(try !third.line().isEmpty)
            try second.send("go\n")
            try third.send("go\n")
            #expect(try second.text().isEmpty && third.text().isEmpty)
        }
        #expect(try eventually { try server.children.isEmpty })
        #expect(try server.stop() == "connections: 4, datagrams: 0, programs: 3, refused: 1, failed: 0\n")
    }

    @Test("No more start in a second than may", arguments: DemoVariant.engines)
    func rate(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(services: "hello 0/tcp a-second=20 /bin/echo hello", on: variant)
        let start = ContinuousClock.now
        do {
            let clients = try (0..<5).map { _ in try Guest(server.connect()) }
            for client in clients { #expect(try client.connection.text() == "hello\n") }
        }
        #expect(start.duration(to: .now) >= .milliseconds(200))
        #expect(try server.stop().hasPrefix("connections: 5, datagrams: 0, programs: 5, "))
    }

    @Test("A program has its connection, and no other descriptor", arguments: DemoVariant.all)
    func descriptors(_ variant: DemoVariant) throws {
        let services = "list 0/tcp /bin/ls -l /proc/self/fd\npatient 0/tcp /bin/sh \(Self.script)"
        var server = try DemoServer.start(services: services, on: variant, places: 2)
        do {
            let other = try server.connect("patient/tcp")
            _ = try other.line()
            // Neither the other connection nor what the loop is made of; what these tests run with may be there.
            let inherited = try Self.files(Program.run(["sh", "-c", "ls -l /proc/self/fd"]).output)
            let files = try Self.files(server.connect("list/tcp").text()).subtracting(inherited)
            #expect(files.count == 1 && files.first?.hasPrefix("socket:") == true, "\(files)")
        }
        #expect(try server.stop().contains("programs: 2, "))
    }

    /// The sockets and the kernel's objects that a list of descriptors names.
    private static func files(_ list: String) -> Set<Substring> {
        Set(
            list.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("socket:") || $0.hasPrefix("anon_inode:") }
        )
    }

    @Test("What cannot be started is said once, and serves nobody", arguments: DemoVariant.engines)
    func missing(_ variant: DemoVariant) throws {
        let services = "nothing 0/tcp /does-not-exist\nhello 0/tcp /bin/echo hello"
        var server = try DemoServer.start(services: services, on: variant, places: 2)
        for _ in 0..<3 { #expect(try server.connect("nothing/tcp").text().isEmpty) }
        #expect(try server.connect("hello/tcp").text() == "hello\n")
        server.program.send(SIGINT)
        let end = try server.program.end()
        #expect(end.code == 0)
        #expect(end.errors.split(separator: "\n").count == 1)
        #expect(end.errors.contains("/does-not-exist cannot be started"))
        #expect(end.output == "connections: 4, datagrams: 0, programs: 1, refused: 0, failed: 3\n")
    }

    @Test("Programs that still run at its end are ended too", arguments: DemoVariant.engines)
    func end(_ variant: DemoVariant) throws {
        let services = "patient 0/tcp at-once=2 /bin/sh \(Self.script)"
        for signals in [1, 2] {
            var server = try DemoServer.start(services: services, on: variant, options: [])
            let clients = try (0..<3).map { _ in try Guest(server.connect()) }
            let numbers = try clients.prefix(2).compactMap { try Int32($0.connection.line()) }
            #expect(numbers.count == 2)
            server.program.send(SIGINT)
            // The one that waits for its turn is sent away at once, so the signal has been taken.
            #expect((try? clients[2].connection.receive().isEmpty) != false)
            if signals == 2 { server.program.send(SIGINT) }
            let end = try server.program.end()
            #expect(end.code == 0 && end.errors.isEmpty)
            #expect(end.output == "connections: 3, datagrams: 0, programs: 0, refused: 1, failed: 0\n")
            #expect(eventually { numbers.allSatisfy { kill($0, 0) != 0 } })
            for client in clients.prefix(2) { #expect((try? client.connection.receive().isEmpty) != false) }
        }
    }

    @Test("One who takes everything and one who takes nothing keep nobody waiting", arguments: DemoVariant.engines)
    func greedy(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["inetd"], on: variant, places: 10)
        do {
            let deaf = try server.connect("chargen/tcp")
            #expect(try deaf.receive(atMost: 1).count == 1)
            // Says much and reads nothing of what comes back.
            let flood = try server.connect("echo/tcp")
            #expect(try flood.sendWhatFits() > 0)
            let isQuiet = server.isQuiet()
            #expect(isQuiet)
            #expect(try server.connect("daytime/tcp").text().hasSuffix("-UTC\r\n"))
            let reader = try server.connect("chargen/tcp")
            #expect(try reader.receive(atMost: 1_000_000).count >= 1_000_000)
        }
        #expect(try server.stop() == "connections: 4, datagrams: 0, programs: 0, refused: 0, failed: 0\n")
    }

    @Test("A datagram of a service that answers everything is not answered", arguments: DemoVariant.engines)
    func loop(_ variant: DemoVariant) throws {
        var server = try DemoServer.start(["inetd"], on: variant, places: 10)
        let place = try server.address("chargen/udp")
        let other = try DatagramClient(to: place, from: .ipv4(127, 0, 0, 2, port: place.port ?? 0))
        try other.send([1])
        let client = try DatagramClient(to: place)
        try client.send([2])
        _ = try client.receive()
        #expect(try other.receiveNow() == nil)
        #expect(try server.stop() == "connections: 0, datagrams: 2, programs: 0, refused: 0, failed: 0\n")
    }
}
