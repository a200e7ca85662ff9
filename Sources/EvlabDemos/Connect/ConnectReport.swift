public import Sockets

/// What became of one connect.
public struct ConnectReport: Hashable, Sendable {
    /// How a connect can end.
    public enum Result: String, Hashable, Sendable, CaseIterable {
        case established
        /// Nobody listens there.
        case refused
        /// No answer came in the time allowed by us, or by the kernel.
        case timedOut = "timed out"
        /// No way leads there.
        case unreachable
        /// Anything else, such as no descriptors.
        case failed
        /// We were told to end before the outcome was known.
        case abandoned
    }

    public let target: SocketAddress
    public let result: Result
    /// From the call until the outcome was known.
    public let time: Duration
    /// The error of the connect, where there was one.
    public let error: IOError?
}

extension ConnectReport.Result {
    init(_ error: IOError) {
        self =
            switch error.code {
            case .connectionRefused: .refused
            case .timedOut: .timedOut
            case .unreachable: .unreachable
            default: .failed
            }
    }
}
