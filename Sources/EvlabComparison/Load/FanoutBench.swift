internal import CLinux
internal import Glibc
internal import SeededRandom
internal import Sockets
internal import SystemPackage

/// Receivers in a room: one after another says something, and all must hear it.
@safe
final class FanoutBench: Bench {
    private static let sizes = [1, 64, 1000, 4096]

    private final class Member {
        let socket: Socket
        /// Bytes of the message under way.
        var heard = 0

        init(_ socket: consuming Socket) {
            self.socket = socket
        }
    }

    private let size: Int
    private let server: BenchMaker.Server
    private let patience: Duration
    private let epoll: Descriptor
    private var members: [Member] = []
    private var random: RepeatableRandom
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)
    private var speaker = 0

    init(
        receivers: Int,
        size: Int,
        _ server: BenchMaker.Server,
        seed: UInt64,
        patience: Duration
    ) throws(ComparisonFailure) {
        self.size = size
        self.server = server
        self.patience = patience
        random = RepeatableRandom(seed: seed)
        epoll = try ComparisonFailure.wrapping { () throws(IOError) in
            Descriptor(adopting: FileDescriptor(rawValue: try checked("epoll_create1", clinux_epoll_create())))
        }
        for _ in 0..<receivers {
            try ComparisonFailure.wrapping { () throws(IOError) in try enter() }
        }
        // The server accepts in the order of the connects: when the last one is heard, all are there.
        speaker = receivers - 1
        if let complaint = try round(random.bytes(1), within: .silence) { throw ComparisonFailure(complaint) }
    }

    private func enter() throws(IOError) {
        let socket = try connectedSocket(to: server.address, within: .silence)
        try socket.set(.noDelay, to: true)
        let descriptor = socket.fileDescriptor.rawValue
        let number = UInt64(members.count)
        try check(
            "epoll_ctl",
            clinux_epoll_ctl(epoll.fileDescriptor.rawValue, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue, number)
        )
        members.append(Member(socket))
    }

    func trace() throws(ComparisonFailure) -> [String] {
        var lines: [String] = []
        for size in Self.sizes {
            let complaint = try round(random.bytes(size), within: patience)
            lines.append("\(byteSize(size)): " + (complaint ?? "all \(members.count) heard it"))
        }
        return lines
    }

    func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample {
        let message = random.bytes(size)
        var meter = try LoadMeter(server: server.process)
        let end = Deadline(after: duration)
        while !end.hasPassed || meter.count == 0 {
            let start = clinux_monotonic_now()
            if let complaint = try round(message, within: .silence) { throw ComparisonFailure(complaint) }
            let time = clinux_monotonic_now() - start
            for _ in members { meter.record(delay: time) }
        }
        return try meter.sample()
    }

    /// The next speaker says it, and all are heard out; what was wrong, if anything was.
    private func round(_ message: [UInt8], within duration: Duration) throws(ComparisonFailure) -> String? {
        for member in members { member.heard = 0 }
        let outcome = try ComparisonFailure.wrapping { () throws(IOError) in
            try members[speaker].socket.write(message.span)
        }
        speaker = (speaker + 1) % members.count
        guard outcome == .bytes(message.count) else { return "the server does not read" }
        let deadline = Deadline(after: duration)
        var missing = members.count
        while missing > 0 {
            let count = unsafe events.withUnsafeMutableBufferPointer {
                let room = CInt($0.count)
                return unsafe clinux_epoll_wait(
                    epoll.fileDescriptor.rawValue,
                    $0.baseAddress,
                    room,
                    deadline.milliseconds
                )
            }
            if count <= 0, deadline.hasPassed { return "\(missing) of \(members.count) did not hear it" }
            for place in 0..<max(0, Int(count)) {
                let member = unsafe members[Int(events[place].data.u64)]
                if let complaint = try hear(member, message) { return complaint }
                if member.heard == message.count { missing -= 1 }
            }
        }
        return nil
    }

    private func hear(_ member: Member, _ message: [UInt8]) throws(ComparisonFailure) -> String? {
        let result = unsafe buffer.withUnsafeMutableBytes {
            unsafe clinux_recv(member.socket.fileDescriptor.rawValue, $0.baseAddress, $0.count, 0)
        }
        if result == -Int(EAGAIN) { return nil }
        guard result > 0 else { return "the server closed a connection" }
        guard member.heard + result <= message.count,
            buffer[..<result].elementsEqual(message[member.heard..<member.heard + result])
        else { return "other bytes came than were said" }
        member.heard += result
        return nil
    }
}
