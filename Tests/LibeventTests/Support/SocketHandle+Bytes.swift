import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// Writes a text that fits into the socket's buffer.
    func send(_ text: String) throws {
        _ = try write(Array(text.utf8).span)
    }

    /// Waits until there is something to read, be it the end. That may come later than the close of the peer: a child that
    /// another test has just started has it too until it becomes its program.
    func waitForInput() {
        wait(for: CLINUX_POLL_READABLE)
    }

    /// Waits until the peer's end has come, and with it all that was sent before.
    func waitForEnd() {
        wait(for: CLINUX_POLL_PEER_CLOSED)
    }

    private func wait(for events: CInt) {
        var request = pollfd(fd: fileDescriptor.rawValue, events: CShort(events), revents: 0)
        #expect(unsafe clinux_poll(&request, 1, 120_000) == 1)
    }

    /// All that can be read now, and whether the end was reached.
    func drain() throws -> (bytes: [UInt8], atEnd: Bool) {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            var space = buffer.mutableSpan
            switch try read(into: &space) {
            case .bytes(let count): all += buffer.prefix(count)
            case .wouldBlock: return (all, false)
            case .end: return (all, true)
            }
        }
    }
}
