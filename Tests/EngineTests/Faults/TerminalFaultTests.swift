import CLinux
import FaultTools
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// The master side of a terminal whose program ends, on every engine.
@Suite struct TerminalFaultTests {
    /// What a reader of the master side has seen.
    private final class Screen {
        var count = 0
        var calls = 0
        var ends = 0
        var failures: [IOError] = []

        /// One read a call. It pauses at the end, because a level trigger reports the hang-up in every turn.
        func advance(_ watch: some SocketWatch) {
            calls += 1
            var bytes = [UInt8](repeating: 0, count: 4096)
            do throws(IOError) {
                var span = bytes.mutableSpan
                switch try watch.socket.read(into: &span) {
                case .bytes(let more): count += more
                case .wouldBlock: break
                case .end:
                    ends += 1
                    try watch.setInterest([])
                }
            } catch {
                failures.append(error)
                watch.close()
            }
        }
    }

    /// Writes as a program does, on a thread of its own, and closes the terminal.
    private static func write(_ count: Int, to terminal: consuming Descriptor) -> Worker {
        let number = terminal.release().rawValue
        return Worker {
            let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
            var request = pollfd(fd: number, events: CShort(CLINUX_POLL_WRITABLE), revents: 0)
            var sent = 0
            while sent < count, unsafe clinux_poll(&request, 1, patienceInMilliseconds) == 1 {
                sent += max(0, unsafe clinux_write(number, bytes, min(bytes.count, count - sent)))
            }
            close(number)
        }
    }

    @Test(
        "every byte comes before the end, and the terminal can be opened again",
        .bug(id: "terminal-end"),
        arguments: EngineKind.allCases
    )
    func end(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let screen = Screen()
            try Terminal().split { (controlling, terminal) in
                let copy = try controlling.duplicate()
                var worker = Self.write(100_000, to: terminal)
                let watch = try engine.watch(controlling, for: .readable) { watch, _ in screen.advance(watch) }
                for round in 1...2 {
                    try engine.run(until: { screen.ends == round || !screen.failures.isEmpty })
                    worker.join()
                    #expect(screen.count == round * 100_000)
                    let calls = screen.calls
                    try engine.runWithoutWaiting()
                    #expect(screen.calls == calls)
                    guard round == 1 else { break }
                    worker = Self.write(100_000, to: try Terminal.openTerminal(of: copy))
                    try watch.setInterest(.readable)
                }
                #expect(screen.failures.isEmpty)
                watch.close()
            }
        }
        try check(kind.make())
    }
}
