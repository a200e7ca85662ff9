import EventLoops
import Glibc
import Sockets
import SystemPackage
import Testing

/// The file of a server's unix socket.
@Suite(.serialized, .onTestThread)
struct UnixServerTests {
    private static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func path(_ kind: EngineKind) -> String { "/tmp/server-\(getpid())-\(kind).sock" }

    @Test("a server removes its own file when it ends", .bug(id: "unix-path"), arguments: EngineKind.allCases)
    func removed(_ kind: EngineKind) async throws {
        let path = Self.path(kind)
        defer { _ = unsafe unlink(path) }
        let address = try SocketAddress.unix(path: path)
        for spreading in [Spreading.reusePort, .roundRobin] {
            for limit in [Duration.zero, .seconds(60)] {
                var options = ServerOptions()
                options.spreading = spreading
                let server = try TCPServer(on: address, engine: kind.engine, options: options)
                let running = start { try await server.run(echo) }
                let peer = try await Peer.connect(to: address)
                #expect(throws: IOError.self) { _ = try TCPServer(on: address, engine: kind.engine) }
                #expect(Self.isThere(path))
                try await peer.send("x")
                #expect(try await peer.receiveText(1) == "x")
                try peer.finishWriting()
                server.shutDown(within: limit)
                try await running.value
                #expect(!Self.isThere(path))
            }
        }
        // Also one that never ran.
        do { _ = try TCPServer(on: address, engine: kind.engine) }
        #expect(!Self.isThere(path))
    }

    @Test(
        "a server leaves the file alone that another has put in the place of its own",
        .bug(id: "unix-path"),
        arguments: EngineKind.allCases
    )
    func replaced(_ kind: EngineKind) async throws {
        let path = Self.path(kind)
        defer { _ = unsafe unlink(path) }
        let address = try SocketAddress.unix(path: path)
        for isRenamed in [false, true] {
            let old = try TCPServer(on: address, engine: kind.engine)
            let running = start { try await old.run(echo) }
            if isRenamed { #expect(unsafe rename(path, path + ".old") == 0) } else { #expect(unsafe unlink(path) == 0) }
            let new = try TCPServer(on: address, engine: kind.engine)
            let runningNew = start { try await new.run(echo) }
            old.shutDown(within: .zero)
            try await running.value
            let peer = try await Peer.connect(to: address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
            new.shutDown(within: .zero)
            try await runningNew.value
            #expect(!Self.isThere(path))
            _ = unsafe unlink(path + ".old")
        }
    }

    @Test("a stale file is replaced on request", .bug(id: "unix-path"), arguments: FaultTests.both)
    func stale(_ kind: EngineKind) async throws {
        let path = Self.path(kind)
        defer { _ = unsafe unlink(path) }
        let address = try SocketAddress.unix(path: path)
        try Socket.bound(to: address, .stream).close()
        let error = #expect(throws: IOError.self) { _ = try TCPServer(on: address, engine: kind.engine) }
        #expect(error?.code == .addressInUse && error?.detail.contains("replaceStaleSocket") == true)
        var options = ServerOptions()
        options.bind.insert(.replaceStaleSocket)
        try await withServer(kind, options: options, on: address, echo) { server in
            let peer = try await Peer.connect(to: address)
            try await peer.send("x")
            #expect(try await peer.receiveText(1) == "x")
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
        }
        #expect(!Self.isThere(path))
    }
}
