internal import Sockets

/// A load generator in a process of its own.
enum LoadProcess {
    /// Runs it to its end.
    static func run(
        _ plan: LoadPlan,
        core: Int?,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> LoadResult {
        guard var child = try ChildProcess.start(try arguments(for: plan), core: core) else {
            throw ComparisonFailure("this program was moved away while it ran")
        }
        let line = try child.readLine(waiting, within: .seconds(60) + plan.duration)
        _ = try child.finish(waiting)
        guard let result = LoadResult(line: line) else {
            throw ComparisonFailure("the load generator said '\(line)' instead of its result")
        }
        return result
    }

    private static func arguments(for plan: LoadPlan) throws(ComparisonFailure) -> [String] {
        var arguments = [
            try ownExecutable(), "generate", "--with-parent", "--connect", plan.address.description,
            "--connections", String(plan.connections), "--size", String(plan.size),
        ]
        switch plan.amount {
        case .messages(let count): arguments += ["--messages", String(count)]
        case .time(let duration, let warmUp):
            arguments += ["--seconds", String(duration / .seconds(1)), "--warm-up", String(warmUp / .seconds(1))]
        }
        if let server = plan.server { arguments += ["--watch", String(server)] }
        return arguments
    }
}

extension LoadPlan {
    fileprivate var duration: Duration {
        switch amount {
        case .messages: .seconds(60)
        case .time(let duration, let warmUp): duration + warmUp
        }
    }
}
