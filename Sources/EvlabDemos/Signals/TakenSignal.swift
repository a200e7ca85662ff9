internal import CLinux
internal import Readiness
internal import Sockets
internal import SystemPackage

/// A signal that was read from a descriptor.
struct TakenSignal {
    let signal: Signal
    let sender: Int32

    /// The next one that is pending, if any.
    static func next(from socket: borrowing SocketReference) -> TakenSignal? {
        var sender: Int32 = 0
        let result = unsafe clinux_signalfd_take(socket.fileDescriptor.rawValue, &sender)
        return result > 0 ? TakenSignal(signal: Signal(rawValue: result), sender: sender) : nil
    }
}
