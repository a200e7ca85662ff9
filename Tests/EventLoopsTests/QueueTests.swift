import CLinux
import EventLoops
import FaultTools
import Glibc
import Sockets
import SystemPackage
import Testing

/// What chunk handlers queue for peers that read slowly.
@Suite(.serialized, .onTestThread)
struct QueueTests {
    @Test(
        "a write is accepted whole when nothing is queued, and refused whole when it would exceed the limit",
        .bug(id: "refused-write"),
        arguments: EngineKind.allCases
    )
    func limit(_ kind: EngineKind) async throws {
        let (codes, ends) = (Collected<IOError.Code?>(), Collected<IOError?>())
        var options = ServerOptions()
        options.stream.mostQueued = 1000
        let size = 200_000
        try await withServer(
            kind,
            options: options,
            eachConnection: { connection in
                connection.onEnd { ends.add($0) }
                return { chunk in
                    // The kernel takes a part of the first write only, however fast the peer reads.
                    try connection.set(.sendBuffer, to: 4096)
                    for number in 0..<2 {
                        do throws(IOError) {
                            try connection.write([UInt8](repeating: UInt8(number) + chunk[0], count: size).span)
                            codes.add(nil)
                        } catch {
                            codes.add(error.code)
                        }
                    }
                }
            }
        ) { server in
            let peer = try await Peer.connect(to: server.address)
            for round: UInt8 in [10, 20] {
                try await peer.send([round])
                let answer = try await peer.receive(exactly: size)
                #expect(answer.allSatisfy { $0 == round })
            }
            #expect(codes.all == [nil, .queueFull, nil, .queueFull])
            #expect(ends.all.isEmpty)
            try peer.finishWriting()
            #expect(try await peer.receiveUntilEnd().isEmpty)
            #expect(ends.all.map(\.?.code) == [nil])
        }
    }

    @Test(
        "many small writes are queued in time proportional to their number, and their memory is returned as it is sent",
        .bug(id: "quadratic-queue"),
        .timeLimit(.minutes(5)),
        arguments: [EngineKind.native, .libevent]
    )
    func manySmallWrites(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(290)
            let (times, memory) = (Collected<Duration>(), Collected<Int>())
            var options = ServerOptions()
            options.stream.mostQueued = 1 << 30
            let server = try TCPServer(on: .loopback(port: 0), engine: kind.engine, options: options)
            let running = start {
                try await server.run { connection, chunk in
                    guard chunk[0] > 0 else { return memory.add(try ownMemory()) }
                    let piece = [UInt8](repeating: 7, count: 4096)
                    let start = try threadTime()
                    for _ in 0..<(Int(chunk[0]) * megabyte / piece.count) { try connection.write(piece.span) }
                    times.add(try threadTime() - start)
                    memory.add(try ownMemory())
                }
            }
            let before = try ownMemory()
            let other = try await Peer.connect(to: server.address)
            for (round, megabytes) in [16, 16, 16, 64, 64, 64].enumerated() {
                let peer = try await Peer.connect(to: server.address)
                try await peer.send([UInt8(megabytes)])
                try await memory.wait(for: 2 * round + 1)
                try await peer.discard(megabytes * megabyte)
                try await other.send([0])
                let kept = try await memory.wait(for: 2 * round + 2)[2 * round + 1]
                // The address sanitizer keeps what is freed.
                guard !isSanitized else { continue }
                try #require(kept - before < 48 * megabyte, "\(kept - before) bytes after \(megabytes) MiB")
            }
            let (few, many) = (times.all.prefix(3).min() ?? .zero, times.all.suffix(3).min() ?? .zero)
            // Four times as many bytes; a copy of all of them at each growth would take 16 times as long.
            try #require(many < few * 9, "\(few) and \(many)")
            server.shutDown(within: .zero)
            _ = await running.result
        }
    }
}

private let megabyte = 1 << 20
