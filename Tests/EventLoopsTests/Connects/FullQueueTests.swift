import EventLoops
import FaultTools
import Glibc
import Sockets
import Testing

/// Unix listeners whose queue is full: the kernel refuses the connect, and does not tell when there is room.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct FullQueueTests {
    @Test(
        "a connect waits for room in the listener's queue",
        .onTestThread,
        .bug(id: "full-unix-queue"),
        arguments: EngineKind.allCases
    )
    func room(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let listener = try BlackHole(at: .unnamedUnix)
        let connects = RecordedConnects()
        let client = start {
            try await TCPConnection.connect(
                to: listener.address,
                on: loop,
                within: .seconds(3600),
                using: connects.seam()
            ) {
                try await $0.write("x")
                return try await $0.read() == nil
            }
        }
        // Refused more than once, and tried again.
        try await connects.addresses.wait(for: 3)
        _ = try listener.accept()
        var accepted = try listener.accept()
        while accepted == nil {
            try await loop.sleep(for: .milliseconds(1))
            accepted = try listener.accept()
        }
        let byte = try await Self.firstByte(of: try #require(accepted), on: loop)
        #expect(byte == UInt8(ascii: "x"))
        accepted = nil
        #expect(try await client.value)
        await loop.shutDown()
    }

    private static func firstByte(of box: SocketBox, on loop: EventLoop) async throws -> UInt8? {
        var byte = try box.readByte()
        while byte == nil {
            try await loop.sleep(for: .milliseconds(1))
            byte = try box.readByte()
        }
        return byte
    }

    @Test(
        "when there is no room in time, the error says that the queue is full; a wait can be cancelled",
        .onTestThread,
        .bug(id: "full-unix-queue"),
        arguments: EngineKind.allCases
    )
    func noRoom(_ kind: EngineKind) async throws {
        let loop = try EventLoop(engine: kind.engine)
        let listener = try BlackHole(at: .unnamedUnix)
        let full = "\(listener.address): the listener's queue is full"
        var error: IOError?
        // On a busy machine a short time may be over before the first attempt.
        for limit in [20, 200, 2000, 20_000] where error?.detail != full {
            error = await #expect(throws: IOError.self) {
                try await TCPConnection.connect(to: listener.address, on: loop, within: .milliseconds(limit)) { _ in }
            }
            #expect(error?.code == .timedOut)
        }
        #expect(error?.detail == full)
        let connects = RecordedConnects()
        let task = start {
            try await TCPConnection.connect(
                to: listener.address,
                on: loop,
                within: .seconds(3600),
                using: connects.seam()
            ) { _ in }
        }
        try await connects.addresses.wait()
        task.cancel()
        await #expect { try await task.value } throws: { ($0 as? IOError)?.code == .cancelled }
        await loop.shutDown()
    }

    @Test(
        "many connects to a full queue leave no descriptor",
        .bug(id: "full-unix-queue"),
        arguments: [EngineKind.native, .libevent]
    )
    func descriptors(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            let loop = try EventLoop(engine: kind.engine)
            let listener = try BlackHole(at: .unnamedUnix)
            let tries = { (count: Int) in
                for _ in 0..<count {
                    await #expect(throws: IOError.self) {
                        try await TCPConnection.connect(to: listener.address, on: loop, within: .microseconds(100)) {
                            _ in
                        }
                    }
                }
            }
            // The first may open what the process keeps.
            await tries(1)
            let before = openDescriptors()
            await tries(100)
            try #require(openDescriptors() == before)
            await loop.shutDown()
        }
    }
}
