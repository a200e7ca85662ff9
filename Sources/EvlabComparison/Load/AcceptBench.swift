internal import CLinux
internal import Glibc
internal import SeededRandom
internal import Sockets
internal import SystemPackage

/// Clients that connect, have one message echoed and reset their connection, over and over. They reset it so that no port
/// is kept waiting afterwards.
final class AcceptBench: Bench {
    private static let size = 64

    private let clients: Int
    private let server: BenchMaker.Server
    private let seed: UInt64
    private let patience: Duration
    private let message: [UInt8]

    init(clients: Int, _ server: BenchMaker.Server, seed: UInt64, patience: Duration) {
        self.clients = clients
        self.server = server
        self.seed = seed
        self.patience = patience
        var random = RepeatableRandom(seed: seed)
        message = random.bytes(Self.size)
    }

    func trace() throws(ComparisonFailure) -> [String] {
        try EchoScript.trace(server.address, seed: seed, patience: patience)
    }

    func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample {
        var meter = try LoadMeter(server: server.process)
        let crowd = try ClientCrowd()
        for _ in 0..<clients { try connect(crowd) }
        let end = Deadline(after: duration)
        while !end.hasPassed || meter.count == 0 {
            let ready = try crowd.wait(.silence)
            guard !ready.isEmpty else { throw ComparisonFailure("the server has been silent for \(Duration.silence)") }
            for client in ready where try advance(client) {
                meter.record(delay: clinux_monotonic_now() - client.began)
                crowd.remove(client)
                try connect(crowd)
            }
        }
        return try meter.sample()
    }

    private func connect(_ crowd: ClientCrowd) throws(ComparisonFailure) {
        try ComparisonFailure.wrapping { () throws(IOError) in
            let began = clinux_monotonic_now()
            let connecting = try Socket.connecting(to: server.address)
            let socket = connecting.intoSocket()
            try socket.set(.linger, to: .seconds(0))
            try crowd.add(ClientCrowd.Client(socket, began: began))
        }
    }

    /// Whether the client has got its echo.
    private func advance(_ client: ClientCrowd.Client) throws(ComparisonFailure) -> Bool {
        try ComparisonFailure.wrapping { () throws(IOError) in
            if !client.hasSent {
                let bytes = message
                let outcome = try client.socket.write(bytes.span)
                guard outcome == .bytes(Self.size) else { return false }
                client.hasSent = true
            }
            var buffer = [UInt8](repeating: 0, count: Self.size)
            var span = buffer.mutableSpan
            switch try client.socket.read(into: &span) {
            case .wouldBlock: return false
            case .end: throw IOError("read", .connectionReset, detail: "the server closed a connection")
            case .bytes(let count):
                guard buffer[..<count].elementsEqual(message[client.received..<min(client.received + count, Self.size)])
                else { throw IOError("read", .invalidArgument, detail: "the server sent back other bytes than it got") }
                client.received += count
                return client.received == Self.size
            }
        }
    }
}
