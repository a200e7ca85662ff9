/// A service: where it listens, and what it does.
public struct InetdService: Hashable, Sendable {
    public enum Transport: String, Hashable, Sendable, CaseIterable {
        case tcp, udp
    }

    public enum Action: Hashable, Sendable {
        case builtIn(InetdBuiltIn)
        case program(InetdProgram)
    }

    public var name: String
    /// 0 lets the kernel choose.
    public var port: UInt16
    public var transport: Transport
    public var action: Action

    public init(name: String, port: UInt16, transport: Transport, action: Action) {
        self.name = name
        self.port = port
        self.transport = transport
        self.action = action
    }

    /// Its name and its transport, as in `echo/tcp`.
    public var label: String { "\(name)/\(transport.rawValue)" }

    /// The built-in services over TCP and UDP, each on `base` plus its well-known port; all on ports that the kernel chooses
    /// if `base` is 0.
    public static func builtIn(base: UInt16) -> [InetdService] {
        InetdBuiltIn.allCases.flatMap { service in
            Transport.allCases.map { transport in
                InetdService(
                    name: service.rawValue,
                    port: base == 0 ? 0 : base + service.wellKnownPort,
                    transport: transport,
                    action: .builtIn(service)
                )
            }
        }
    }
}
