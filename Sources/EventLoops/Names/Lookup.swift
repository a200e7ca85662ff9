internal import Glibc
internal import Readiness
internal import Sockets
internal import Synchronization

/// One lookup of a name, which ends once: with its outcome, at its deadline, with its loop, or when its task is cancelled.
final class Lookup: TimerNode, LoopMember, @unchecked Sendable {
    // Unchecked: the state is behind the lock; its places with the loop belong to the loop's thread.

    typealias Outcome = Result<[SocketAddress], IOError>

    private struct State {
        var resume: Resumption<Outcome>?
        var outcome: Outcome?
    }

    private let host: String
    private let port: UInt16
    private let state = Mutex(State())
    private let isAbandoned = Atomic(false)
    var timerIndex = -1
    var memberIndex = -1

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    func begin(_ resume: Resumption<Outcome>) {
        let outcome = state.withLock(of: self) { state in
            if state.outcome == nil { state.resume = resume }
            return state.outcome
        }
        if let outcome { resume(outcome) }
    }

    func end(_ outcome: Outcome) {
        let resume = state.withLock(of: self) { state in
            if state.outcome == nil { state.outcome = outcome }
            return state.resume.take()
        }
        resume?.fromElsewhere(outcome)
    }

    func timerFired(now: Int64) {
        end(.failure(IOError("getaddrinfo", .timedOut, detail: host)))
    }

    func loopIsEnding(_ error: IOError) {
        isAbandoned.store(true, ordering: .releasing)
        end(.failure(error))
    }

    /// Whether its loop has let go of it: nobody need call the loop for it any more.
    var loopHasEnded: Bool { isAbandoned.load(ordering: .acquiring) }

    var isOver: Bool { state.withLock(of: self) { $0.outcome != nil } }

    /// Blocks.
    func lookUp() -> Outcome {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(bitPattern: SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(host, nil, &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        guard result == 0 else { return .failure(failure(result)) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe Self.address(of: entry) { addresses.append(address.with(port: port)) }
            unsafe next = entry.pointee.ai_next
        }
        return .success(addresses)
    }

    private func failure(_ result: CInt) -> IOError {
        let text = unsafe String(cString: gai_strerror(result))
        return IOError("getaddrinfo", result == EAI_MEMORY ? .noMemory : .notFound, detail: "\(host): \(text)")
    }

    private static func address(of entry: UnsafePointer<addrinfo>) -> SocketAddress? {
        let length = unsafe entry.pointee.ai_addrlen
        guard let source = unsafe entry.pointee.ai_addr, Int(length) <= MemoryLayout<sockaddr_storage>.size
        else { return nil }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(length)))
        }
        return SocketAddress(storage, length: length)
    }
}
