internal import CLinux
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// Looks names up with `getaddrinfo(3)`, which blocks, on threads of its own.
enum Resolver {
    /// The most lookups at a time.
    private static let mostLookups = 64
    private static let lookups = Atomic(0)

    /// The addresses of a host, in the order in which they should be tried.
    static func addresses(
        of host: String,
        port: UInt16,
        on loop: EventLoop,
        until deadline: Int64
    ) async throws(IOError) -> [SocketAddress] {
        if let numeric = try? SocketAddress(host: host, port: port) { return [numeric] }
        try check(host)
        let lookup = Lookup(host: host, port: port)
        let outcome: Result<[SocketAddress], IOError> = await withTaskCancellationHandler {
            await suspended { resume in
                lookup.begin(resume)
                loop.call { begin(lookup, on: loop, until: deadline) }
            }
        } onCancel: {
            lookup.end(.failure(IOError("getaddrinfo", .cancelled)))
        }
        if !lookup.loopHasEnded {
            loop.call {
                loop.cancelTimer(lookup)
                loop.remove(lookup)
            }
        }
        return try outcome.get()
    }

    /// What a name may be (RFC 1035): refused here, before anything else reads it.
    private static func check(_ host: String) throws(IOError) {
        let bytes = host.utf8
        let isPrintable = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !bytes.isEmpty, bytes.count <= 253, isPrintable else {
            throw IOError("getaddrinfo", .invalidAddress, detail: "a host name has 1 to 253 printable characters")
        }
    }

    /// On the loop's thread.
    private static func begin(_ lookup: Lookup, on loop: EventLoop, until deadline: Int64) {
        guard !lookup.isOver else { return }
        do throws(IOError) {
            try loop.checkIsGoing()
        } catch {
            return lookup.loopIsEnding(error)
        }
        loop.add(lookup)
        loop.setTimer(lookup, at: deadline)
        start(lookup)
    }

    private static func start(_ lookup: Lookup) {
        guard lookups.wrappingAdd(1, ordering: .relaxed).newValue <= mostLookups else {
            lookups.wrappingSubtract(1, ordering: .relaxed)
            return lookup.end(.failure(IOError("getaddrinfo", .busy, detail: "\(mostLookups) lookups are under way")))
        }
        let context = unsafe Unmanaged.passRetained(lookup).toOpaque()
        let result = unsafe clinux_thread_start("name-lookup", run, context)
        guard result < 0 else { return }
        lookups.wrappingSubtract(1, ordering: .relaxed)
        unsafe Unmanaged<Lookup>.fromOpaque(context).release()
        lookup.end(.failure(IOError("pthread_create", errno: .init(rawValue: -result))))
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        guard let context = unsafe context else { return }
        let lookup = unsafe Unmanaged<Lookup>.fromOpaque(context).takeRetainedValue()
        lookup.end(lookup.lookUp())
        lookups.wrappingSubtract(1, ordering: .relaxed)
    }
}
