import Readiness

/// Makes an engine open what its poster needs.
func openPoster(of engine: some EventEngine) throws {
    _ = try engine.poster()
}
