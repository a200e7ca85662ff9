internal import Sockets

/// Goes through a plan with the clients of one server.
struct ServingRun {
    let plan: ServingPlan
    let address: SocketAddress
    /// Seconds until what does not come is missing.
    let patience: Double

    /// What the clients saw, up to the first thing that should not be.
    func trace() -> ServingTrace {
        var clients: [Int: ScriptedClient] = [:]
        defer { for client in clients.values { client.abandon() } }
        var trace = ServingTrace(steps: [])
        for step in plan.steps {
            var entries: [ServingTrace.Entry] = []
            for (number, action) in step.actions {
                let client = clients[number] ?? ScriptedClient(address, patience: patience)
                clients[number] = client
                let events = client.perform(action)
                entries += events.map { ServingTrace.Entry(client: number, event: $0) }
                guard events == action.events else {
                    trace.steps.append(entries)
                    return trace
                }
            }
            trace.steps.append(entries)
        }
        return trace
    }
}
