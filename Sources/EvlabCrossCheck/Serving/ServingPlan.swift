/// A script, worked out: what each client does, and what must come of it on any server.
struct ServingPlan {
    struct Step {
        let step: ServingStep
        let actions: ServiceModel.Actions

        /// What the clients see when all is well.
        var events: [ServingTrace.Entry] {
            actions.flatMap { client, action in action.events.map { ServingTrace.Entry(client: client, event: $0) } }
        }
    }

    private(set) var steps: [Step] = []
    /// What a server that has served the script should say of it.
    let totals: ServedTotals

    init(_ script: ServingScript) {
        var model: any ServiceModel =
            switch script.service {
            case .echo: EchoModel()
            case .chat: ChatModel()
            }
        for step in script.steps {
            if let actions = model.actions(for: step) { steps.append(Step(step: step, actions: actions)) }
        }
        // Whoever is left leaves, so that the server is as it was.
        for client in model.clients {
            if let actions = model.actions(for: .end(client)) {
                steps.append(Step(step: .end(client), actions: actions))
            }
        }
        totals = model.totals
    }

    /// Whether a server may still have to accept somebody when the clients have done all this: the last one to come has waited
    /// for nothing.
    var mayEndUnseen: Bool {
        var last: Int?
        for (client, action) in steps.lazy.flatMap(\.actions) {
            switch action {
            case .connect: last = client
            case .expect, .expectEnd: if client == last { last = nil }
            case .send, .sendOutOfBand, .halfClose, .close, .reset: break
            }
        }
        return last != nil
    }

    /// What every server should show.
    var trace: ServingTrace { ServingTrace(steps: steps.map(\.events)) }

    /// Bytes that come back to the clients.
    var bytesReceived: Int {
        steps.lazy.flatMap(\.actions).reduce(0) { sum, entry in
            if case .expect(let bytes) = entry.action { sum + bytes.count } else { sum }
        }
    }
}
