/// Commands on the times at which values expire.
extension RespSession {
    /// When a time is over that stands in an argument and is not to be negative; `nil` if it was wrong, and that is the answer.
    ///
    /// - Parameter unit: milliseconds in one of the numbers.
    mutating func end(_ index: Int, _ unit: Int, _ command: RespCommand, _ input: Span<UInt8>) -> Int64? {
        guard let time = integer(index, input) else {
            failInteger()
            return nil
        }
        guard time > 0, let end = Self.end(after: time, unit) else {
            failTime(command)
            return nil
        }
        return end
    }

    private mutating func failTime(_ command: RespCommand) {
        fail("invalid expire time in '\(command.rawValue)' command")
    }

    private static func end(after time: Int, _ unit: Int) -> Int64? {
        let (delay, isTooLong) = time.multipliedReportingOverflow(by: unit)
        let (end, isTooLate) = RespStore.now.addingReportingOverflow(Int64(delay))
        return isTooLong || isTooLate ? nil : end
    }

    /// EXPIRE and PEXPIRE; a time that is over already removes the key.
    mutating func expire(_ unit: Int, _ command: RespCommand, _ input: Span<UInt8>) {
        guard let time = integer(2, input) else { return failInteger() }
        guard argumentCount == 2 else { return fail("Unsupported option \(quoted(3, input))") }
        guard let end = Self.end(after: time, unit) else { return failTime(command) }
        answers.integer(
            store.change(key(input)) { entry in
                guard entry != nil else { return 0 }
                if end <= RespStore.now { entry = nil } else { entry?.end = end }
                return 1
            }
        )
    }

    mutating func persist(_ input: Span<UInt8>) {
        answers.integer(
            store.change(key(input)) { entry in
                guard entry?.expires == true else { return 0 }
                entry?.end = .max
                return 1
            }
        )
    }

    /// TTL and PTTL: -1 for a key that does not expire, -2 for one that is not there.
    mutating func timeLeft(_ unit: Int, _ input: Span<UInt8>) {
        answers.integer(
            store.read(key(input)) { entry in
                guard let entry else { return -2 }
                guard entry.expires else { return -1 }
                return (Int(entry.end - RespStore.now) + unit / 2) / unit
            }
        )
    }
}
