public import Readiness
public import Sockets
public import SystemPackage

extension Reactor where Mux: ~Copyable {
    /// A descriptor that a reactor watches, and owns until the watch is closed. Thread rule: the reactor's thread.
    @safe
    public final class Watch: SocketWatch, ReactorMember {
        /// Kept so that calling it counts no reference: the optimiser sees that nothing replaces it during the call, which
        /// for a closure in a plain property it must assume.
        private struct Callback: ~Copyable {
            let call: (Watch, ReadyEvents) -> Void
        }

        /// Where the descriptor is registered.
        private enum Place {
            case nowhere, multiplexer
            /// The multiplexer does not take this kind of file, because it never blocks.
            case alwaysReady
        }

        // The reactor closes its watches before it goes, and a closed watch does not use it.
        private unowned(unsafe) let reactor: Reactor
        private let trigger: Trigger
        private let isOneShot: Bool
        private let isInternal: Bool
        private var place = Place.nowhere
        private var index: Int
        var owned: Descriptor?

        // Read or written in every callback. They belong to the loop's thread, and no access to one spans a call.
        @safe @exclusivity(unchecked) private var callback: Callback?
        @usableFromInline @safe @exclusivity(unchecked) private(set) var number: CInt
        /// Whether an event would be handed on.
        @usableFromInline @safe @exclusivity(unchecked) private(set) var isArmed = false
        /// What is watched for; empty while the watch is paused.
        @safe @exclusivity(unchecked) public private(set) var interest: Interest = []
        /// Whether ``close()`` was called, or the reactor has gone.
        @safe @exclusivity(unchecked) public private(set) var isClosed = false

        init(
            on reactor: Reactor,
            _ number: CInt,
            _ trigger: Trigger,
            isInternal: Bool = false,
            _ handler: @escaping (Watch, ReadyEvents) -> Void
        ) {
            unsafe self.reactor = reactor
            self.number = number
            self.trigger = trigger
            isOneShot = trigger.isOneShot
            self.isInternal = isInternal
            callback = Callback(call: handler)
            index = reactor.watches.count
            reactor.watches.append(self)
        }

        /// The descriptor, as a socket. Taken after a close, its calls throw `EBADF`, and reach nobody else's socket.
        @inlinable public var socket: SocketReference {
            @_lifetime(borrow self) get { SocketReference(fileDescriptor, of: self) }
        }

        /// The descriptor; -1 after a close.
        @inlinable public var fileDescriptor: FileDescriptor { FileDescriptor(rawValue: number) }

        // MARK: Interest

        @inlinable
        public func setInterest(_ newInterest: Interest) throws(IOError) {
            if newInterest == interest, isArmed { return }
            try exchangeInterest(newInterest)
        }

        @usableFromInline
        func exchangeInterest(_ newInterest: Interest) throws(IOError) {
            guard !isClosed else {
                throw IOError("Reactor.Watch", .closed, detail: "the watch, or its reactor, was closed")
            }
            unsafe reactor.checkThread()
            if newInterest.isEmpty { leave() } else { try enter(newInterest) }
            interest = newInterest
            setArmed(!newInterest.isEmpty)
        }

        public func reportAgain() throws(IOError) {
            try exchangeInterest(interest)
        }

        /// Registers anew even where the interest stays the same: after a one-shot event that rearms the watch.
        private func enter(_ newInterest: Interest) throws(IOError) {
            let token = unsafe Token(rawValue: UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())))
            switch place {
            case .alwaysReady: break
            case .multiplexer:
                try unsafe reactor.multiplexer.modify(fileDescriptor, for: newInterest, trigger: trigger, token: token)
            case .nowhere:
                do throws(IOError) {
                    try unsafe reactor.multiplexer.add(fileDescriptor, for: newInterest, trigger: trigger, token: token)
                    place = .multiplexer
                } catch {
                    guard error.code == .notPollable else { throw error }
                    place = .alwaysReady
                    unsafe reactor.alwaysReady.append(self)
                }
            }
        }

        private func leave() {
            switch place {
            case .nowhere: break
            // It fails where the descriptor was closed by others, and in a forked child.
            case .multiplexer: try? unsafe reactor.multiplexer.remove(fileDescriptor)
            case .alwaysReady: unsafe reactor.alwaysReady.removeAll { $0 === self }
            }
            place = .nowhere
        }

        private func setArmed(_ newValue: Bool) {
            guard newValue != isArmed else { return }
            isArmed = newValue
            if !isInternal { unsafe reactor.armedCount += newValue ? 1 : -1 }
        }

        // MARK: Ending

        public func close() {
            guard !isClosed else { return }
            unsafe reactor.checkThread()
            end()
        }

        /// The reactor may be on its own way out.
        func end() {
            guard !isClosed else { return }
            isClosed = true
            setArmed(false)
            leave()
            number = -1
            owned = nil
            unsafe reactor.retire(self)
            let last = unsafe reactor.watches.removeLast()
            guard last !== self else { return }
            unsafe reactor.watches[index] = last
            last.index = index
        }

        func dropHandler() {
            callback = nil
        }

        // MARK: Called back

        /// The multiplexer hands out no event of a watch that has left it, and the reactor holds the watch until no callback
        /// runs any more: so nothing needs to be counted here.
        @inline(__always)
        static func called(by token: Token, _ events: ReadyEvents) {
            guard let address = unsafe UnsafeRawPointer(bitPattern: UInt(token.rawValue)) else { return }
            unsafe Unmanaged<Watch>.fromOpaque(address)._withUnsafeGuaranteedRef { $0.fire(events) }
        }

        @inline(__always)
        private func fire(_ events: ReadyEvents) {
            let isFailure = events.rawValue & (ReadyEvents.hangUp.rawValue | ReadyEvents.error.rawValue) != 0
            if isOneShot { setArmed(false) }
            call(isFailure ? withDirections(events) : events)
        }

        /// After a hang-up or an error neither a read nor a write would block: who asked for one is told of it by that name.
        @inline(never)
        private func withDirections(_ events: ReadyEvents) -> ReadyEvents {
            events.union(ReadyEvents(interest.intersection([.readable, .writable])))
        }

        /// Whether a file that never blocks has something to be called for: it is never ready for anything else.
        var isDue: Bool { isArmed && !interest.isDisjoint(with: [.readable, .writable]) }

        /// An edge-triggered file is new only once.
        func fireAlwaysReady() {
            if trigger != .level { setArmed(false) }
            call(ReadyEvents(interest.intersection([.readable, .writable])))
        }

        @inline(__always)
        private func call(_ events: ReadyEvents) {
            switch callback {
            case .some(let callback): callback.call(self, events)
            case nil: break
            }
        }
    }
}
