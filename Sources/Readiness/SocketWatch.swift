public import Sockets

/// A watched socket: what its handler may do with it.
public protocol SocketWatch: AnyObject {
    /// The socket, for reading and writing.
    var socket: SocketReference { @_lifetime(borrow self) get }

    /// What is watched for.
    var interest: Interest { get }

    /// Changes what is watched for, at no cost when it stays the same; an empty interest pauses the watch.
    /// After a one-shot event this rearms it.
    func setInterest(_ interest: Interest) throws(IOError)

    /// Has the handler called again in a later turn if the descriptor is ready for what is watched for: for whoever leaves
    /// something unread under an edge trigger, so that others come first.
    func reportAgain() throws(IOError)

    /// Stops watching and closes the socket. Safe inside any callback; a second call does nothing.
    func close()
}
