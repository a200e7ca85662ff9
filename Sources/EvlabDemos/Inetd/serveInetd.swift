public import Readiness
public import Sockets

/// Serves many services on their ports at once, in one process and on one thread.
///
/// It waits for every child of this process, also for those that it did not start itself, such as the orphans that come to
/// process 1 of a container: no other code of the process may wait for children of its own meanwhile.
///
/// It serves until SIGINT or SIGTERM, then drains for at most `grace`; a second signal ends it at once. Programs that
/// still run then are killed. From `whenReady` on, clients can connect and signals are heeded.
///
/// - Parameters:
///   - engine: the loop; it runs until the end.
///   - services: what is served, each on its port.
///   - host: the address of all services; its port does not matter.
///   - complain: called with a line when a program cannot be started, once for each service.
///   - grace: how long clients may stay after the first signal.
///   - whenReady: called with the services and the addresses that they listen on.
/// - Throws: `addressInUse`, `addressNotAvailable`, `permissionDenied`, `unsupported` for a program over UDP, and what the
///   engine throws.
public func serveInetd<Engine: EventEngine>(
    on engine: Engine,
    _ services: [InetdService],
    host: SocketAddress,
    grace: Duration = .seconds(2),
    complain: @escaping (String) -> Void = { _ in },
    whenReady: ([(service: InetdService, address: SocketAddress)]) -> Void = { _ in }
) throws(IOError) -> InetdTotals {
    let inetd = Inetd(on: engine, grace, complain: complain)
    defer {
        inetd.stopAccepting()
        inetd.end.cancel()
        inetd.killPrograms()
    }
    var places: [(service: InetdService, address: SocketAddress)] = []
    for service in services { places.append((service, try inetd.open(service, at: host))) }
    try inetd.end.onSignal { inetd.stopAccepting() }
    try inetd.waitForAllChildren()
    whenReady(places)
    try engine.run(.untilStopped)
    return inetd.totals
}
