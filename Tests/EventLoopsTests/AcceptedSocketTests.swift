import EventLoops
import FaultTools
import Glibc
import Sockets
import Testing

/// Connections that their clients reset between `accept(2)` and the first option that is set on them.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct AcceptedSocketTests {
    @Test(
        "an option that cannot be set on an accepted socket ends neither the server nor others",
        .bug(id: "reset-before-accept"),
        arguments: EngineKind.allCases
    )
    func optionFails(_ kind: EngineKind) async {
        await #expect(processExitsWith: .success) { [kind] in
            alarm(500)
            try await withServer(kind, echo) { server in
                let first = try await Peer.connect(to: server.address)
                try await first.send("a")
                try #require(try await first.receiveText(1) == "a")
                let fault = try SystemCallFault("setsockopt:error=EINVAL:when=1+2")
                for _ in 0..<4 {
                    let next = try await Peer.connect(to: server.address)
                    try await next.send("b")
                    try #require(try await next.receiveText(1) == "b")
                }
                try await first.send("c")
                try #require(try await first.receiveText(1) == "c")
                fault.end()
                try #require(server.acceptedConnections == 5)
            }
        }
    }
}
