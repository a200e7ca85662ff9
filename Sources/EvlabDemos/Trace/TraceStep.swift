public import Readiness

/// One step of a trace, and how things stood after it.
public struct TraceStep: Hashable, Sendable {
    /// What a step's call returned.
    public enum Outcome: Hashable, Sendable {
        /// A wait returned the socket, ready for this.
        case event(ReadyEvents)
        /// A wait, or a read, found nothing and would have blocked.
        case wouldBlock
        /// So many bytes were written, or read.
        case bytes(Int)
        /// A read found the end of the stream.
        case end
        /// It was done; there is nothing to return.
        case done
    }

    /// What the kernel says when it is asked, without changing anything by that.
    public struct State: Hashable, Sendable {
        /// Bytes that wait in the socket (`ioctl(2)`, FIONREAD).
        public let buffered: Int
        /// Whether the socket is on epoll's ready list, so that a wait would return it: epoll's own descriptor is then
        /// readable for `poll(2)`, which consumes nothing.
        public let isReady: Bool
        /// Whether the registration still asks for anything (`/proc/self/fdinfo`): after a one-shot event it does not.
        public let isArmed: Bool
    }

    public let action: TraceAction
    public let outcome: Outcome
    public let before: State
    public let after: State

    /// A wait would have blocked although bytes wait.
    public var isSilent: Bool { action == .wait && outcome == .wouldBlock && after.buffered > 0 }

    /// Bytes arrived on top of others that no wait reported any more, and now one does.
    public var firesAgain: Bool {
        guard case .write = action else { return false }
        return before.buffered > 0 && !before.isReady && after.isReady
    }
}
