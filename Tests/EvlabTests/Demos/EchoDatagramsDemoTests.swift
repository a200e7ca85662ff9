import Glibc
import Sockets
import Testing

/// TCP and UDP on one port. A classic listing sends back 1,023 bytes whatever came, and goes on with a connection that has been
/// closed.
@Suite("demo echo --udp", .serialized)
struct EchoDatagramsDemoTests {
    /// Each interface that can, on each method.
    private static let variants = EchoVariant.all.filter { variant in
        ["bufferevent", "event", "reactor"].contains(variant.arguments[1])
    }

    private static let interfaces = variants.filter { variant in
        variant.arguments.contains("epoll") && variant.arguments.contains("level")
    }

    private static func start(_ variant: EchoVariant) throws -> DemoServer {
        try DemoServer.start(["echo", "--udp"] + variant.arguments, places: 2)
    }

    @Test("Datagrams come back as long as they were", arguments: variants)
    func lengths(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        #expect(try server.address("tcp") == server.address("udp"))
        let client = try DatagramClient(to: server.address("udp"))
        for count in [0, 1, 10, 1022, 1023, 1024, 1472, 9000, 65_507] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            try client.send(bytes)
            #expect(try client.receive() == bytes)
        }
        #expect(try server.stop().contains(", datagrams: 9, sent back: 9, truncated: 0, lost: 0\n"))
    }

    @Test(
        "A datagram without bytes is answered by one, and is not the end",
        .bug(id: "empty-datagram-is-the-end"),
        arguments: variants
    )
    func empty(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        let client = try DatagramClient(to: server.address("udp"))
        let datagrams: [[UInt8]] = [[1], [], [], [], [2], [], [3]]
        for datagram in datagrams { try client.send(datagram) }
        for datagram in datagrams { #expect(try client.receive() == datagram) }
        #expect(try server.stop().contains(", datagrams: 7, sent back: 7, truncated: 0, lost: 0\n"))
    }

    @Test(
        "An answer that cannot be sent is counted, and the next one is sent",
        .bug(id: "one-bad-destination-ends-the-socket"),
        .enabled(if: has("strace")),
        arguments: interfaces,
        ["EPERM", "ENOBUFS", "ENETUNREACH", "EMSGSIZE", "ECONNREFUSED", "EAGAIN"]
    )
    func badDestination(_ variant: EchoVariant, _ error: String) throws {
        let trace = CallTrace(
            "echo-\(variant.arguments[1])-\(error)",
            of: "sendto,sendmsg",
            "-e",
            "inject=sendto,sendmsg:error=\(error):when=1..2"
        )
        defer { trace.remove() }
        var server = try DemoServer.start(["echo", "--udp"] + variant.arguments, places: 2, tracedBy: trace)
        let client = try DatagramClient(to: server.address("udp"))
        for number in 1...3 { try client.send([UInt8(number)]) }
        #expect(try client.receive() == [3])
        // The measurement takes a second; one of the errors is enough for it.
        let isQuiet = error != "EPERM" || server.isQuiet()
        #expect(isQuiet)
        #expect(try server.stop().contains(", datagrams: 3, sent back: 1, truncated: 0, lost: 2\n"))
    }

    @Test(
        "A client that closes before its answer comes harms no other",
        .bug(id: "one-bad-destination-ends-the-socket"),
        arguments: interfaces
    )
    func closedClient(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        for _ in 0..<10 {
            // The kernel answers the answer with "port unreachable".
            let gone = try DatagramClient(to: server.address("udp"))
            try gone.send([1])
        }
        let client = try DatagramClient(to: server.address("udp"))
        try client.send([2])
        #expect(try client.receive() == [2])
        #expect(try server.stop().contains(", datagrams: 11, sent back: "))
    }

    @Test("nc and socat on the same port, over both", .enabled(if: has("nc", "socat")), arguments: variants)
    func otherClients(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        let script = """
            printf 'by nc over tcp\\n' | nc -N 127.0.0.1 $0
            printf 'by socat over tcp\\n' | socat -t 60 - TCP:127.0.0.1:$0
            printf 'by socat over udp\\n' | socat -t 60 - UDP:127.0.0.1:$0,readbytes=18
            printf 'by nc over udp\\n' | nc -u -W 1 127.0.0.1 $0
            """
        // Over UDP nobody hears of an end: what comes is counted.
        let end = try Program.run(["sh", "-c", script, server.port("tcp")])
        #expect(end.output == "by nc over tcp\nby socat over tcp\nby socat over udp\nby nc over udp\n")
        let totals = "connections: 2, refused: 0, bytes sent back: 33, datagrams: 2, sent back: 2, "
        #expect(try server.stop() == totals + "truncated: 0, lost: 0\n")
    }

    /// A loop that goes on with what it has closed reads from it and closes it again.
    @Test(
        "A connection that has been closed is done with, however it ended",
        .enabled(if: has("strace")),
        arguments: interfaces
    )
    func closed(_ variant: EchoVariant) throws {
        let trace = CallTrace("echo", of: "%desc,%network")
        defer { trace.remove() }
        var server = try DemoServer.start(["echo", "--udp"] + variant.arguments, places: 2, tracedBy: trace)
        let before = try server.descriptorCount
        for number in 0..<10 {
            let client = try server.connect("tcp")
            #expect(try client.echoes("hello"))
            if number % 2 == 0 {
                try client.shutDownWriting()
                #expect(try client.receive().isEmpty)
            } else {
                try client.resetOnClose()
            }
        }
        #expect(try eventually { try server.descriptorCount <= before })
        #expect(try server.stop().hasPrefix("connections: 10, "))
        let calls = try trace.calls
        #expect(calls.contains { $0.contains("\"hello\"") })
        #expect(!calls.contains { $0.contains("EBADF") })
    }

    @Test("A flood of datagrams does not keep connections waiting", .enabled(if: has("python3")), arguments: interfaces)
    func flood(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        let script = """
            import socket, sys, threading
            place = ("127.0.0.1", int(sys.argv[1]))
            flooder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            isOver = False
            def flood():
                while not isOver:
                    flooder.sendto(b"x" * 100, place)
            thread = threading.Thread(target=flood)
            thread.start()
            client = socket.create_connection(place, timeout=300)
            for _ in range(20):
                client.sendall(b"hello")
                assert client.recv(5, socket.MSG_WAITALL) == b"hello"
            client.close()
            isOver = True
            thread.join()
            print("served")
            """
        let end = try Program.run(["python3", "-c", script, server.port("tcp")])
        #expect(end.output == "served\n", "\(end.errors)")
        #expect(try server.stop().hasPrefix("connections: 1, refused: 0, bytes sent back: 100, "))
    }

    @Test("From a service that answers everything nothing is taken", arguments: interfaces)
    func loop(_ variant: EchoVariant) throws {
        var server = try Self.start(variant)
        let place = try server.address("udp")
        // As if it were the same service on another machine.
        let other = try DatagramClient(to: place, from: SocketAddress.ipv4(127, 0, 0, 2, port: place.port ?? 0))
        try other.send([1])
        let client = try DatagramClient(to: place)
        try client.send([2])
        #expect(try client.receive() == [2])
        #expect(try other.receiveNow() == nil)
        #expect(try server.stop().contains(", datagrams: 2, sent back: 1, "))
    }
}
