import Sockets

extension SocketHandle where Self: ~Copyable, Self: ~Escapable {
    /// Writes a text that fits into the socket's buffer.
    func send(_ text: String) throws {
        _ = try write(Array(text.utf8).span)
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
