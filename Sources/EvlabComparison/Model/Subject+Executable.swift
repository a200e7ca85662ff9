extension Subject {
    /// The path of the program that runs it.
    func executable() throws(ComparisonFailure) -> String {
        if let program { return program }
        return try ownExecutable()
    }
}
