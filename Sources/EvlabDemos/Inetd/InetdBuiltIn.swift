internal import Glibc

/// The services that need no program.
public enum InetdBuiltIn: String, Hashable, Sendable, CaseIterable {
    /// Everything comes back (RFC 862).
    case echo
    /// Everything is thrown away (RFC 863).
    case discard
    /// The date and the time of day, for people (RFC 867).
    case daytime
    /// Characters without end; one datagram of up to 512 for each that comes (RFC 864).
    case chargen
    /// The seconds since 1900 in 32 bits, for machines (RFC 868).
    case time

    public var wellKnownPort: UInt16 {
        switch self {
        case .echo: 7
        case .discard: 9
        case .daytime: 13
        case .chargen: 19
        case .time: 37
        }
    }

    /// The present as RFC 867 suggests: `Saturday, November 21, 2026 04:17:37-UTC`.
    static func daytimeLine() -> [UInt8] {
        var seconds = Glibc.time(nil)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 80)
        let count = unsafe text.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe strftime(start, buffer.count, "%A, %B %d, %Y %H:%M:%S-UTC\r\n", &parts)
        }
        return text.prefix(count).map { UInt8(bitPattern: $0) }
    }

    /// The seconds since 1900, most significant byte first. They begin anew in 2036.
    static func timeBytes() -> [UInt8] {
        let from1900To1970: Int64 = 2_208_988_800
        let seconds = UInt32(truncatingIfNeeded: Int64(Glibc.time(nil)) + from1900To1970)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seconds >> $0) }
    }

    /// One round of the pattern: 95 lines of 72 characters, each of which begins one character further on.
    static let pattern: [UInt8] = {
        let first = 32
        let count = 95
        return (0..<count).flatMap { line in
            (0..<72).map { UInt8(first + (line + $0) % count) } + [13, 10]
        }
    }()
}
