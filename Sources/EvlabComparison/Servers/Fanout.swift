internal import Readiness
internal import Sockets

/// Sends what one connection sends to all of them. Who does not take it at once is closed.
final class Fanout<Engine: EventEngine> {
    private unowned let engine: Engine
    private let buffer = ReadBuffer()
    // Only handlers use it, one after another on this thread, and no access spans a call of one.
    @safe @exclusivity(unchecked) private var members: [Engine.Watch] = []

    init(on engine: Engine) {
        self.engine = engine
    }

    func enter(_ socket: consuming Socket) throws(IOError) {
        members.append(try engine.watch(socket, for: .readable) { [self] watch, _ in tellAll(of: watch) })
    }

    private func tellAll(of speaker: Engine.Watch) {
        do throws(IOError) {
            try buffer.lend { (bytes: inout MutableSpan<UInt8>) throws(IOError) in
                switch try speaker.socket.read(into: &bytes) {
                case .wouldBlock: return
                case .end: leave(speaker)
                case .bytes(let count): tellAll(bytes.span.extracting(first: count))
                }
            }
        } catch {
            leave(speaker)
        }
    }

    private func tellAll(_ bytes: Span<UInt8>) {
        var place = 0
        while place < members.count {
            let member = members[place]
            if takes(member, bytes) { place += 1 } else { leave(member) }
        }
    }

    private func takes(_ member: Engine.Watch, _ bytes: Span<UInt8>) -> Bool {
        do throws(IOError) {
            return try member.socket.write(bytes) == .bytes(bytes.count)
        } catch {
            return false
        }
    }

    private func leave(_ member: Engine.Watch) {
        guard let place = members.firstIndex(where: { $0 === member }) else { return }
        members.swapAt(place, members.count - 1)
        members.removeLast()
        member.close()
    }
}
