public import Sockets

/// Why a comparison, or a part of it, could not be made.
public struct ComparisonFailure: Error, Sendable, CustomStringConvertible {
    /// One line for a person to read.
    public let description: String
    /// Whether somebody asked for the end, by SIGINT or SIGTERM.
    public let isInterruption: Bool

    public init(_ description: String) {
        self.description = description
        isInterruption = false
    }

    public init(_ error: IOError) {
        self.init(error.description)
    }

    private init(interruption description: String) {
        self.description = description
        isInterruption = true
    }

    static let interrupted = ComparisonFailure(interruption: "interrupted")

    /// Runs a step that fails with an ``IOError``.
    static func wrapping<Result: ~Copyable>(
        _ body: () throws(IOError) -> Result
    ) throws(ComparisonFailure) -> Result {
        do throws(IOError) {
            return try body()
        } catch {
            throw ComparisonFailure(error)
        }
    }
}
