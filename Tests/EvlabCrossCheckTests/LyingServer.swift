import EvlabCrossCheck
import Sockets

/// A demonstration that serves well, and says in the end what is not so.
final class LyingServer: ScriptedServer {
    enum End {
        case counts, fails, never
    }

    private let end: End
    private let inner: DemoServer

    init(_ end: End, _ name: ServerName) throws(IOError) {
        self.end = end
        inner = try DemoServer(name)
    }

    var address: SocketAddress { inner.address }
    var isReady: Bool { inner.isReady }

    var outcome: Result<ServedTotals, any Error>? {
        guard case .success(var totals) = inner.outcome else { return nil }
        switch end {
        case .counts:
            totals.connections += 1
            return .success(totals)
        case .fails: return .failure(IOError("serve", .noMemory))
        case .never: return nil
        }
    }
}
