import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import Testing

/// What a listener promises on every engine of the calls that its own handlers make. In processes of their own, for what
/// goes wrong here ends the process.
@Suite struct ListenerContractTests {
    @Test("Whatever the handler holds may close the listener again when it is let go of")
    func closingTwice() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in EngineKind.allCases { try closeTwice(on: kind.make()) }
            exit(0)
        }
    }

    @Test("A handler may end the engine: nothing is accepted and nobody is called any more")
    func endingTheEngine() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in EngineKind.allCases {
                guard let engine = try kind.make() as? any ClosableEngine else { exit(1) }
                try endInHandler(engine)
            }
            exit(0)
        }
    }
}

/// Closes its listener when it goes, as a server does.
private final class Host<Engine: EventEngine> {
    var listener: Listener<Engine>?

    deinit {
        listener?.close()
    }
}

private func closeTwice<Engine: EventEngine>(on engine: Engine) throws {
    var host: Host<Engine>? = Host()
    weak let seen = host
    let listener = try Listener(on: engine, address: .unnamedUnix) { [host] _, _ in _ = host }
    listener.onError { [host] _ in _ = host }
    host?.listener = listener
    host = nil
    #expect(seen != nil)
    listener.close()
    #expect(seen == nil)
    #expect(try engine.run(.untilIdle) == .idle)
}

private func endInHandler(_ engine: some ClosableEngine) throws {
    var (accepted, errors) = (0, 0)
    let listener = try Listener(on: engine, address: .unnamedUnix) { _, _ in
        accepted += 1
        engine.close()
    }
    listener.onError { _ in errors += 1 }
    let one = try Socket.connecting(to: listener.address).intoSocket()
    let other = try Socket.connecting(to: listener.address).intoSocket()
    #expect(try engine.run(.untilStopped) == .broken)
    #expect(accepted == 1 && errors == 0)
    one.close()
    other.close()
}
