public import Sockets
internal import Synchronization

/// Loops that share work, each on its own thread.
///
/// A server runs on all of them (`TCPServer(on:loops:options:)` with ``loops``); a client runs on the one that ``next()``
/// gives it.
public final class EventLoopGroup: Sendable {
    /// The loops.
    public let loops: [EventLoop]
    private let turn = Atomic(0)

    /// Starts loops.
    ///
    /// - Parameters:
    ///   - count: how many, at least 1; more than there are cores gain nothing.
    ///   - engine: what each waits with.
    /// - Throws: `noDescriptors`, `noMemory`; `outOfRange` for a count below 1.
    public init(count: Int, engine: LoopEngine = .native) throws(IOError) {
        guard count >= 1 else { throw IOError("EventLoopGroup", .outOfRange, detail: "\(count) loops; use 1 or more") }
        var loops: [EventLoop] = []
        do throws(IOError) {
            for number in 0..<count { loops.append(try EventLoop(engine: engine, name: "event-loop-\(number)")) }
        } catch {
            for loop in loops { loop.end() }
            throw error
        }
        self.loops = loops
    }

    /// The loops, one after another. From any thread.
    public func next() -> EventLoop {
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: number) % UInt(loops.count))]
    }

    /// Ends every loop and returns when their runs have ended.
    public func shutDown() async {
        for loop in loops { await loop.shutDown() }
    }
}
