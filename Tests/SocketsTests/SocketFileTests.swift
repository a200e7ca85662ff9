import FaultTools
import Glibc
import Sockets
import SystemPackage
import Testing

/// Whose the file of a unix socket is.
@Suite struct SocketFileTests {
    private static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Leaves the file behind, as a process does that crashes.
    private static func leaveFile(_ address: SocketAddress, _ kind: SocketKind = .stream) throws {
        try Socket.bound(to: address, kind).close()
    }

    @Test(
        "a stale file is named together with the option that replaces it",
        .bug(id: "unix-path"),
        arguments: [SocketKind.stream, .sequentialPackets, .datagram]
    )
    func stale(_ kind: SocketKind) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("socket")
        let address = try SocketAddress.unix(path: path)
        try Self.leaveFile(address, kind)
        let error = failure { () throws(IOError) in try Socket.bound(to: address, kind) }
        #expect(error?.code == .addressInUse && error?.operation == "bind")
        #expect(error?.detail.contains(path) == true && error?.detail.contains("replaceStaleSocket") == true)
        let replacing = failure { () throws(IOError) in
            try Socket.bound(to: address, kind, options: .replaceStaleSocket)
        }
        #expect(replacing == nil)
    }

    @Test(
        "a file in use is never replaced, and its server sees no connection",
        .bug(id: "unix-path"),
        arguments: [BindOptions.reuseAddress, .replaceStaleSocket]
    )
    func inUse(_ options: BindOptions) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("socket")
        let address = try SocketAddress.unix(path: path)
        // Bound is enough: it may be about to listen.
        let server = try Socket.bound(to: address, .stream)
        for listens in [false, true] {
            if listens { try server.listen(backlog: 1) }
            let error = failure { () throws(IOError) in try Socket.listening(on: address, options: options) }
            #expect(error?.code == .addressInUse)
            #expect(error?.detail.contains("replaceStaleSocket") == false)
            #expect(Self.isThere(path))
        }
        let client = try Socket.connecting(to: address)
        #expect(client.outcome == .connected)
        let (first, second) = (try server.accept() != nil, try server.accept() != nil)
        #expect(first && !second)
    }

    @Test("what is not a socket is never removed", .bug(id: "unix-path"), arguments: ["file", "link", "folder"])
    func otherFile(_ name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file(name)
        switch name {
        case "file": unsafe close(creat(path, 0o600))
        case "link": _ = unsafe symlink("nowhere", path)
        default: _ = unsafe mkdir(path, 0o700)
        }
        defer { _ = unsafe remove(path) }
        let address = try SocketAddress.unix(path: path)
        for options in [BindOptions.reuseAddress, .replaceStaleSocket] {
            let error = failure { () throws(IOError) in try Socket.listening(on: address, options: options) }
            #expect(error?.code == .addressInUse)
            #expect(error?.detail.contains("not a socket") == true)
            var status = stat()
            #expect(unsafe lstat(path, &status) == 0)
        }
    }

    @Test("of many that find a file stale at the same time, one replaces it", .bug(id: "unix-path"))
    func manyReplace() async throws {
        let folder = try TemporaryFolder()
        let address = try SocketAddress.unix(path: folder.file("socket"))
        for _ in 0..<20 {
            try Self.leaveFile(address)
            let winners = await withTaskGroup(of: CInt.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let socket = try? Socket.listening(on: address, options: .replaceStaleSocket)
                        return socket?.release().rawValue ?? -1
                    }
                }
                return await group.reduce(into: [CInt]()) { if $1 >= 0 { $0.append($1) } }
            }
            #expect(winners.count == 1)
            // The one that has it is the one that clients reach.
            let client = try Socket.connecting(to: address)
            #expect(client.outcome == .connected)
            for winner in winners { close(winner) }
            _ = unsafe unlink(folder.file("socket"))
        }
    }
}
