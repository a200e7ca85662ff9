internal import CLinux
internal import Glibc
internal import Readiness

/// The array that `poll(2)` takes.
struct PollSet: ~Copyable, ScannedSet {
    private var requests: [pollfd] = []
    /// Where the request of each number is, or -1.
    private var places: [Int32] = []
    /// Where the next showing begins.
    private var cursor = 0

    mutating func arm(_ number: CInt, for interest: Interest) {
        let request = pollfd(fd: number, events: CShort(bitPattern: interest.rawValue), revents: 0)
        if let place = place(of: number) {
            requests[place] = request
            return
        }
        let index = Int(number)
        if index >= places.count {
            places.append(contentsOf: repeatElement(-1, count: max(index + 1, places.count * 2) - places.count))
        }
        places[index] = Int32(truncatingIfNeeded: requests.count)
        requests.append(request)
    }

    private func place(of number: CInt) -> Int? {
        guard Int(number) < places.count, places[Int(number)] >= 0 else { return nil }
        return Int(places[Int(number)])
    }

    mutating func disarm(_ number: CInt) {
        if let place = place(of: number) { requests[place].fd = ~number }
    }

    mutating func drop(_ number: CInt) {
        if let place = place(of: number) { drop(at: place) }
    }

    private mutating func drop(at place: Int) {
        places[Int(Self.number(requests[place]))] = -1
        let last = requests.removeLast()
        guard place < requests.count else { return }
        requests[place] = last
        places[Int(Self.number(last))] = Int32(truncatingIfNeeded: place)
    }

    mutating func dropAll(where isUnwanted: (CInt) -> Bool) {
        for place in requests.indices.reversed() where isUnwanted(Self.number(requests[place])) {
            drop(at: place)
        }
    }

    /// The kernel passes over negative numbers; one that is disarmed is kept as its complement.
    private static func number(_ request: pollfd) -> CInt {
        request.fd < 0 ? ~request.fd : request.fd
    }

    mutating func wait(nanoseconds: Int64) -> CInt {
        unsafe requests.withUnsafeMutableBufferPointer { requests in
            unsafe clinux_ppoll(requests.baseAddress, UInt(requests.count), nanoseconds)
        }
    }

    mutating func showReady(_ count: CInt, _ take: (CInt, UInt16) -> ScanVerdict) {
        var left = count
        var place = cursor < requests.count ? cursor : 0
        for _ in requests.indices {
            let request = requests[place]
            if request.revents != 0, request.fd >= 0 {
                switch take(request.fd, UInt16(bitPattern: request.revents)) {
                case .keep: break
                case .disarm: requests[place].fd = ~request.fd
                case .stop:
                    cursor = place
                    return
                }
                left -= 1
            }
            place = place + 1 < requests.count ? place + 1 : 0
            if left == 0 { break }
        }
        cursor = place
    }
}
