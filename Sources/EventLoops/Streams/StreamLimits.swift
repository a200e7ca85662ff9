internal import Readiness

/// The options as connections use them, shared by those of one server.
final class StreamLimits: Sendable {
    let options: StreamOptions
    let writeWatermark: Int
    let mostQueued: Int
    /// In nanoseconds; 0 for none.
    let idle: Int64
    let read: Int64
    let write: Int64
    let linger: Int64

    init(_ options: StreamOptions) {
        self.options = options
        writeWatermark = max(options.writeWatermark, 1)
        mostQueued = max(options.mostQueued, 0)
        idle = Self.nanoseconds(options.idle)
        read = Self.nanoseconds(options.read)
        write = Self.nanoseconds(options.write)
        linger = min(max(options.linger.nanoseconds, 0), Self.forEver)
    }

    /// 73 years: so long that nobody lives to see it, and short enough to be added to any time.
    static let forEver = Int64.max / 4

    private static func nanoseconds(_ limit: Duration?) -> Int64 {
        guard let limit else { return 0 }
        return min(max(limit.nanoseconds, 1), forEver)
    }
}
