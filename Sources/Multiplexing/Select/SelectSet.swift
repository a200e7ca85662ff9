internal import CLinux
internal import Readiness

/// The three bitmaps that `select(2)` takes, and those that it gives back.
struct SelectSet: ~Copyable, ScannedSet {
    /// What is watched, armed or not.
    private var members = DescriptorBitmap()
    private var readable = DescriptorBitmap()
    private var writable = DescriptorBitmap()
    private var exceptional = DescriptorBitmap()

    private var readableNow = DescriptorBitmap()
    private var writableNow = DescriptorBitmap()
    private var exceptionalNow = DescriptorBitmap()

    /// One more than the highest number ever watched, which is what the kernel looks at.
    private var limit: CInt = 0
    /// The number with which the next showing begins.
    private var cursor: CInt = 0

    mutating func arm(_ number: CInt, for interest: Interest) {
        if number >= limit { grow(to: number) }
        members.set(number, to: true)
        readable.set(number, to: interest.contains(.readable))
        writable.set(number, to: interest.contains(.writable))
        exceptional.set(number, to: interest.contains(.priority))
    }

    private mutating func grow(to number: CInt) {
        limit = number + 1
        let count = Int(number) / UInt.bitWidth + 1
        members.grow(toWords: count)
        readable.grow(toWords: count)
        writable.grow(toWords: count)
        exceptional.grow(toWords: count)
    }

    mutating func disarm(_ number: CInt) {
        guard number < limit else { return }
        readable.set(number, to: false)
        writable.set(number, to: false)
        exceptional.set(number, to: false)
    }

    mutating func drop(_ number: CInt) {
        guard number < limit else { return }
        disarm(number)
        members.set(number, to: false)
    }

    mutating func dropAll(where isUnwanted: (CInt) -> Bool) {
        for number in 0..<limit where members.contains(number) && isUnwanted(number) { drop(number) }
    }

    /// The kernel overwrites what it is given, so it is given copies, in memory that is reused.
    mutating func wait(nanoseconds: Int64) -> CInt {
        readableNow.copy(readable)
        writableNow.copy(writable)
        exceptionalNow.copy(exceptional)
        let limit = limit
        return unsafe readableNow.withPointer { readable in
            unsafe writableNow.withPointer { writable in
                unsafe exceptionalNow.withPointer { exceptional in
                    unsafe clinux_pselect(limit, readable, writable, exceptional, nanoseconds)
                }
            }
        }
    }

    mutating func showReady(_ count: CInt, _ take: (CInt, UInt16) -> ScanVerdict) {
        let start = cursor < limit ? cursor : 0
        let startWord = Int(start) / UInt.bitWidth
        let lower: UInt = (1 << UInt(start % CInt(UInt.bitWidth))) - 1
        let wordCount = readableNow.words.count
        // The word with the start in it comes twice: its upper part first, its lower part last.
        for step in 0...wordCount {
            let word = (startWord + step) % wordCount
            var ready = readableNow.words[word] | writableNow.words[word] | exceptionalNow.words[word]
            if step == 0 { ready &= ~lower }
            if step == wordCount { ready &= lower }
            while ready != 0 {
                let number = CInt(word * UInt.bitWidth + ready.trailingZeroBitCount)
                ready &= ready - 1
                switch take(number, flags(of: number)) {
                case .keep: break
                case .disarm: disarm(number)
                case .stop:
                    cursor = number
                    return
                }
            }
        }
    }

    private func flags(of number: CInt) -> UInt16 {
        var flags: ReadyEvents = []
        if readableNow.contains(number) { flags.insert(.readable) }
        if writableNow.contains(number) { flags.insert(.writable) }
        if exceptionalNow.contains(number) { flags.insert(.priority) }
        return flags.rawValue
    }
}
