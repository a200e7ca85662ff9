import FaultTools
import Glibc
import Sockets
import SystemPackage
import Testing

/// A datagram that cannot be sent is the failure of one call. The socket goes on.
@Suite("Datagrams that cannot be sent")
struct BadDestinationTests {
    /// Sends a datagram from `sender` to `receiver`, as before the failure.
    private static func checkGoesOn(_ sender: borrowing Socket, _ receiver: borrowing Socket) throws {
        let sent = try sender.send([1, 2, 3].span, to: receiver.localAddress())
        try #require(sent == .bytes(3))
        wait(for: POLLIN, on: receiver)
        let bytes = try receiver.receiveOne().bytes
        try #require(bytes == [1, 2, 3])
        // No failure is left over for later calls either.
        let error = try sender.pendingError()
        let input = try sender.receiveOne()
        try #require(error == nil && input.datagram == nil)
    }

    @Test(
        "a destination or a size that the kernel refuses: a typed error, and the next datagram goes out",
        .bug(id: "bad-destination"),
        arguments: [
            (SocketAddress.loopback(port: 9), 65_508, IOError.Code.outOfRange),
            (.loopback(port: 0), 1, .invalidArgument),
            (.ipv4(127, 255, 255, 255, port: 9), 1, .permissionDenied),
            (.loopbackIPv6(port: 9), 1, .unsupported),
        ]
    )
    func refused(_ address: SocketAddress, _ size: Int, _ code: IOError.Code) throws {
        let sender = try Socket(.ipv4, .datagram)
        let receiver = try Socket.bound(to: .loopback(port: 0))
        for _ in 0..<3 {
            let bytes = [UInt8](repeating: 1, count: size)
            let error = failure { () throws(IOError) in try sender.send(bytes.span, to: address) }
            #expect(error?.code == code)
        }
        try Self.checkGoesOn(sender, receiver)
    }

    @Test(
        "a network or a firewall that refuses: a typed error, and the next datagram goes out",
        .bug(id: "bad-destination"),
        arguments: [
            ("EPERM", Errno.notPermitted, IOError.Code.permissionDenied), ("ENOBUFS", .noBufferSpace, .noMemory),
            ("ENETUNREACH", .networkUnreachable, .unreachable), ("EHOSTUNREACH", .noRouteToHost, .unreachable),
        ]
    )
    func refusedByTheSystem(_ name: String, _ errno: Errno, _ code: IOError.Code) async {
        let expected = IOError("sendto", errno: errno)
        #expect(expected.code == code)
        await #expect(processExitsWith: .success) { [name, number = errno.rawValue as CInt] in
            let sender = try Socket(.ipv4, .datagram)
            let receiver = try Socket.bound(to: .loopback(port: 0))
            let address = try receiver.localAddress()
            let fault = try SystemCallFault("sendto:error=\(name):when=1..3")
            for _ in 0..<3 {
                let error = failure { () throws(IOError) in try sender.send([1].span, to: address) }
                try #require(error?.errno == Errno(rawValue: number))
            }
            try Self.checkGoesOn(sender, receiver)
            fault.end()
        }
    }
}
