/// Messages to an echo server: the load of echo, pipeline, latency and idle.
public final class StreamBench: Bench {
    private let plan: LoadPlan
    private let seed: UInt64
    private let patience: Duration
    /// Made after the script, which needs no crowd.
    private var generator: LoadGenerator?

    public init(_ plan: LoadPlan, seed: UInt64, patience: Duration) {
        self.plan = plan
        self.seed = seed
        self.patience = patience
    }

    public func trace() throws(ComparisonFailure) -> [String] {
        try EchoScript.trace(plan.address, seed: seed, patience: patience)
    }

    public func sample(_ duration: Duration) throws(ComparisonFailure) -> Sample {
        if let generator { return try generator.run(.time(duration)) }
        let generator = try LoadGenerator(plan)
        self.generator = generator
        return try generator.run(.time(duration))
    }
}
