import Glibc
import Libevent
import Readiness
import SeededRandom
import Sockets
import Testing

/// Streams, events and listeners that are used, ended and let go of in every order, in handlers and outside. What is found
/// here is found by the sanitizers, by traps, and by what is left at the end.
@Suite struct LifeCycleTests {
    @Test(arguments: TestBase.allCases, [1, 2, 3, 4] as [UInt64])
    func nothingIsLeftOfARandomLife(kind: TestBase, seed: UInt64) throws {
        var remaining: [Weak] = []
        do {
            let life = RandomLife(try kind.make(priorities: 2), seed)
            try life.live(steps: 400)
            remaining = life.made
            #expect(remaining.count > 100)
            if seed % 2 == 0 { life.base.close() }
        }
        #expect(remaining.count { $0.object != nil } == 0)
    }

    private final class Weak {
        weak var object: AnyObject?

        init(_ object: AnyObject) {
            self.object = object
        }
    }

    private final class RandomLife {
        let base: EventBase
        private(set) var made: [Weak] = []
        private var chance: RepeatableRandom
        private var streams: [BufferEvent] = []
        private var events: [Event] = []
        private var peers: [SocketBox] = []
        private let bytes = [UInt8](repeating: 5, count: 30_000)

        init(_ base: EventBase, _ seed: UInt64) {
            self.base = base
            chance = RepeatableRandom(seed: seed)
        }

        func live(steps: Int) throws {
            let listener = try ConnectionListener(on: base, address: .loopback(port: 0)) { [weak self] socket, _ in
                try self?.serve(socket)
            }
            made.append(Weak(listener))
            for _ in 0..<steps {
                switch chance.below(6) {
                case 0: try serve(take())
                case 1: try watch()
                case 2: serve(try BufferEvent(connectingTo: listener.address, on: base))
                case 3: peers = peers.filter { _ in chance.below(4) > 0 }
                default: act()
                }
                try base.run(.withoutWaiting)
            }
        }

        private func take() throws -> Socket {
            let box = try SocketBox()
            let some = Array(bytes.prefix(chance.below(bytes.count)))
            _ = try box.second.write(some.span)
            defer { peers.append(box) }
            return box.takeFirst()
        }

        private func serve(_ socket: consuming Socket) throws {
            serve(try BufferEvent(adopting: socket, on: base))
        }

        private func serve(_ stream: BufferEvent) {
            made.append(Weak(stream))
            streams.append(stream)
            stream.onRead { [unowned self] stream in
                act(stream)
                if chance.below(2) == 0 { try stream.output.move(from: stream.input) }
            }
            stream.onDrain { [unowned self] _ in act() }
            stream.onConnect { [unowned self] stream in act(stream) }
            // A handler that holds its own stream, and ends what has not ended.
            stream.onEnd { [unowned self] _, reason in
                act()
                if reason == .endOfStream, chance.below(2) == 0 { stream.close() } else { stream.abort() }
            }
            _ = try? stream.input.onSizeChange { [unowned self, unowned stream] _, _ in
                if chance.below(8) == 0 { act(stream) }
            }
            try? stream.enable(.readable)
        }

        private func watch() throws {
            let triggers: [Trigger] = base.capabilities.contains(.edgeTriggered) ? Trigger.allCases : [.level]
            let trigger = triggers[chance.below(triggers.count)]
            let event = try base.watch(take(), for: .readable, trigger: trigger) { [unowned self] event, _ in
                act(event)
                if chance.below(3) == 0 { _ = try? event.socket.drain() }
            }
            let timer = try base.schedule(after: .microseconds(chance.below(300))) { [unowned self] timer in
                act(timer)
                // It holds another event.
                if event.isClosed { act() }
            }
            for event in [event, timer] {
                made.append(Weak(event))
                events.append(event)
            }
        }

        private func act() {
            switch chance.below(4) {
            case 0 where !streams.isEmpty: act(streams[chance.below(streams.count)])
            case 1 where !events.isEmpty: act(events[chance.below(events.count)])
            case 2 where !streams.isEmpty: streams.remove(at: chance.below(streams.count))
            case 3 where !events.isEmpty: events.remove(at: chance.below(events.count))
            default: break
            }
        }

        /// Refusals are welcome: the stream may have ended.
        private func act(_ stream: BufferEvent) {
            switch chance.below(14) {
            case 0: stream.abort()
            case 1: stream.close(within: .milliseconds(chance.below(5)))
            case 2:
                let bytes = bytes
                try? stream.output.append(bytes.span)
            case 3: try? stream.disable(.readable)
            case 4: try? stream.enable([.readable, .writable])
            case 5: try? stream.finishWriting()
            case 6: try? stream.setReadWatermarks(low: chance.below(100), high: 5_000)
            case 7: try? stream.setReadWatermarks()
            case 8: try? stream.setTimeouts(reading: .microseconds(1 + chance.below(500)), writing: .milliseconds(1))
            case 9: try? stream.input.drain(stream.input.count)
            case 10: try? stream.setPriority(chance.below(2))
            case 11: stream.onRead { [unowned self] stream in act(stream) }
            case 12: try? stream.disable(.writable)
            default: act()
            }
        }

        private func act(_ event: Event) {
            switch chance.below(10) {
            case 0: event.close()
            case 1: event.remove()
            case 2: try? event.add()
            case 3: try? event.add(timeout: .microseconds(chance.below(300)))
            case 4: try? event.setInterest([])
            case 5: try? event.setInterest([.readable, .writable])
            case 6: try? event.setInterest(.readable)
            // Not always, or it would go on for ever.
            case 7 where chance.below(3) == 0: try? event.activate(.readable)
            case 8: try? event.setPriority(chance.below(2))
            default: act()
            }
        }
    }
}
