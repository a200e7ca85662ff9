/// What clients with a script have done, for the summary.
package struct ServingCounts: Hashable, Sendable {
    /// Scripts, each of which every server of its service was given.
    package var scripts = 0
    /// Steps of all scripts, by their kind.
    package var steps: [String: Int] = [:]
    /// How often a server was given a script.
    package var runs = 0
    /// Connections, and bytes that came back, with every server.
    package var connections = 0
    package var bytes = 0

    mutating func add(_ plan: ServingPlan, servers: Int) {
        scripts += 1
        runs += servers
        for step in plan.steps {
            steps[step.step.kind, default: 0] += 1
            if case .connect = step.step { connections += servers }
        }
        bytes += plan.bytesReceived * servers
    }
}
