import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import SystemPackage
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

    @Test(
        "What waits can be handed over before the close: from outside, from the handler, and while it is disabled",
        .bug(id: "queue-at-shutdown"),
        arguments: EngineKind.allCases
    )
    func acceptRemaining(_ kind: EngineKind) throws {
        for call in RemainingCall.allCases {
            for address in [SocketAddress.loopback(port: 0), .unnamedUnix] {
                try acceptRemainingAndClose(on: kind.make(), address, call)
            }
        }
    }

    @Test(
        "A socket that accepts nothing any more is reported once, and the listener is closed",
        .bug(id: "cannot-accept"),
        arguments: EngineKind.allCases
    )
    func cannotAccept(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let socket = try Socket.listening(on: .loopback(port: 0))
            let number = socket.fileDescriptor.rawValue
            let listener = try Listener(on: engine, adopting: socket) { _, _ in }
            var errors: [IOError] = []
            listener.onError { errors.append($0) }
            shutdown(number, CInt(SHUT_RDWR))
            try engine.run(until: { !errors.isEmpty })
            try engine.runWithoutWaiting()
            #expect(errors.count == 1 && errors.first?.code == .invalidArgument)
            let enabling = #expect(throws: IOError.self) { try listener.enable() }
            #expect(enabling?.code == .closed)
        }
        try check(kind.make())
    }

    @Test(
        "The close of a listener removes the unix file that it has bound, and no other",
        .bug(id: "unix-path"),
        arguments: EngineKind.allCases
    )
    func file(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let path = "/tmp/listener-\(getpid())-\(kind).sock"
            defer { _ = unsafe unlink(path) }
            let address = try SocketAddress.unix(path: path)
            let old = try Listener(on: engine, address: address) { _, _ in }
            let refused = #expect(throws: IOError.self) { try Listener(on: engine, address: address) { _, _ in } }
            #expect(refused?.code == .addressInUse)
            #expect(unsafe access(path, F_OK) == 0)
            // As a new instance does that wants no moment without a server.
            #expect(unsafe rename(path, path + ".old") == 0)
            defer { _ = unsafe unlink(path + ".old") }
            let new = try Listener(on: engine, address: address) { _, _ in }
            old.close()
            #expect(unsafe access(path, F_OK) == 0)
            new.close()
            #expect(unsafe access(path, F_OK) != 0)
            let adopted = try Listener(on: engine, adopting: Socket.listening(on: address)) { _, _ in }
            adopted.close()
            #expect(unsafe access(path, F_OK) == 0)
        }
        try check(kind.make())
    }
}

private enum RemainingCall: CaseIterable {
    case outside, inHandler, disabled
}

private func acceptRemainingAndClose(
    on engine: some EventEngine,
    _ address: SocketAddress,
    _ call: RemainingCall
) throws {
    var accepted = 0
    var inHandler: () -> Void = {}
    let listener = try Listener(on: engine, address: address, budget: 3) { socket, _ in
        accepted += 1
        _ = try socket.write([UInt8(ascii: "x")].span)
        inHandler()
    }
    if call == .inHandler { inHandler = { [unowned listener] in listener.acceptRemainingAndClose() } }
    if call == .disabled { listener.disable() }
    let clients = try (0..<20).map { _ in
        let client = try Socket.connecting(to: listener.address).intoSocket()
        // Established here is in the queue there.
        if try client.finishConnecting() != .connected { try client.waitForRoom() }
        return client.release()
    }
    if call == .inHandler {
        try engine.run(until: { accepted == 20 })
    } else {
        listener.acceptRemainingAndClose()
    }
    #expect(accepted == 20)
    for client in clients {
        let client = try Socket(adopting: client)
        try client.waitForInput()
        #expect(try client.readText() == "x")
        #expect(client.readBytes() == nil)
    }
    // A second call does nothing, and neither does a close.
    listener.acceptRemainingAndClose()
    listener.close()
    #expect(throws: IOError.self) { try listener.enable() }
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
