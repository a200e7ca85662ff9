package import Readiness
package import Sockets

/// One step of a script: it changes the world, or what one observer watches.
///
/// A step that does not apply, because shrinking took away what it needs, does nothing.
package enum Operation: Hashable, Sendable {
    /// Opens descriptors and registers them with every observer. The second name is that of the other end, if any.
    case make(DescriptorKind, DescriptorID, DescriptorID?)
    /// Writes so many bytes, once; a message on a socket of messages, a number on a counter.
    case write(DescriptorID, Int)
    /// Reads at most so many bytes, once.
    case read(DescriptorID, Int)
    /// Reads until nothing is left.
    case drain(DescriptorID)
    /// Writes until there is no room.
    case fill(DescriptorID)
    case shutDown(DescriptorID, Half)
    case close(DescriptorID)
    /// The same by somebody who tells nobody (`close(2)` on a number that others own).
    case closeUntold(DescriptorID)
    /// Closes a TCP socket so that its peer gets a reset (SO_LINGER of 0 seconds).
    case reset(DescriptorID)
    case sendOutOfBand(DescriptorID)
    case receiveOutOfBand(DescriptorID)
    /// From here on the descriptor gets out-of-band bytes in line (SO_OOBINLINE).
    case takeOutOfBandInline(DescriptorID)
    /// Asks for the pending error, which clears it (SO_ERROR).
    case takeError(DescriptorID)
    /// A new socket that connects to a listener.
    case connect(DescriptorID, to: DescriptorID)
    /// A new socket that connects to a port at which nobody listens.
    case connectInVain(DescriptorID)
    /// Takes a connection from a listener.
    case accept(DescriptorID, from: DescriptorID)
    /// A second descriptor of the same open file.
    case duplicate(DescriptorID, as: DescriptorID)
    /// Closes a descriptor and opens another on the same number.
    case replace(DescriptorID, DescriptorKind, DescriptorID, DescriptorID?)
    case register(ObserverName, DescriptorID, Interest)
    case modify(ObserverName, DescriptorID, Interest)
    case rearm(ObserverName, DescriptorID)
    case remove(ObserverName, DescriptorID)
    /// Wakes every observer from another thread's point of view: by its waker, or by a post.
    case wake
    /// The observers wait with a time-out, which they must not use up while something is ready.
    case wait
    /// After the next operation no observer looks.
    case lookAway
    /// After the next operation the multiplexers collect events that they hand out only after the operation that follows it.
    case holdEvents
}
