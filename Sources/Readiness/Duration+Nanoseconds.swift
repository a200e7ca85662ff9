extension Duration {
    /// Whole nanoseconds, rounded up, as many as fit.
    package var nanoseconds: Int64 {
        // Of what is much longer not even the seconds fit.
        guard self < .nanoseconds(Int64.max) else { return .max }
        guard self > .nanoseconds(Int64.min) else { return .min }
        let (seconds, attoseconds) = components
        let fraction = attoseconds > 0 ? (attoseconds - 1) / 1_000_000_000 + 1 : attoseconds / 1_000_000_000
        return seconds * 1_000_000_000 + fraction
    }
}
