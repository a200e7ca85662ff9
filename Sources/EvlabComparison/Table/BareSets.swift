internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// The sets of the three calls as a C program holds them, each asking whether some descriptors are readable.
///
/// Safe: of epoll's events only the number is used, never the pointer that it may be instead.
@safe
struct BareSets: ~Copyable {
    private let numbers: [CInt]
    /// select's set: a bit a number.
    private var bits: [UInt]
    private var requests: [pollfd]
    private var events: [epoll_event]
    private let epoll: Descriptor
    /// How many the last `epoll_wait(2)` returned.
    private var returned = 0

    /// - Throws: `noDescriptors`, `noMemory`.
    init(_ numbers: [CInt]) throws(IOError) {
        let epoll = Descriptor(number: try checked("epoll_create1", clinux_epoll_create()))
        for (index, number) in numbers.enumerated() {
            let result = clinux_epoll_ctl(epoll.fileDescriptor.rawValue, EPOLL_CTL_ADD, number, 1, UInt64(index))
            try check("epoll_ctl", result)
        }
        self.epoll = epoll
        self.numbers = numbers
        bits = Self.bits(numbers)
        requests = numbers.map { pollfd(fd: $0, events: CShort(POLLIN), revents: 0) }
        unsafe events = [epoll_event](repeating: epoll_event(), count: numbers.count)
    }

    private static func bits(_ numbers: [CInt]) -> [UInt] {
        var bits = [UInt](repeating: 0, count: Int(numbers.max() ?? 0) / UInt.bitWidth + 1)
        for number in numbers { bits[Int(number) / UInt.bitWidth] |= bit(number) }
        return bits
    }

    private static func bit(_ number: CInt) -> UInt { 1 << UInt(Int(number) % UInt.bitWidth) }

    mutating func refill() {
        bits = Self.bits(numbers)
    }

    // MARK: Looking, without waiting

    mutating func select() throws(IOError) -> Int {
        let limit = CInt(bits.count * UInt.bitWidth)
        let result = unsafe bits.withUnsafeMutableBufferPointer {
            unsafe clinux_pselect(limit, $0.baseAddress, nil, nil, 0)
        }
        return Int(try checked("select", result))
    }

    mutating func poll() throws(IOError) -> Int {
        let result = unsafe requests.withUnsafeMutableBufferPointer {
            unsafe clinux_ppoll($0.baseAddress, UInt($0.count), 0)
        }
        return Int(try checked("poll", result))
    }

    mutating func epollWait() throws(IOError) -> Int {
        let instance = epoll.fileDescriptor.rawValue
        let result = unsafe events.withUnsafeMutableBufferPointer {
            unsafe clinux_epoll_wait(instance, $0.baseAddress, CInt($0.count), 0)
        }
        returned = Int(try checked("epoll_wait", result))
        return returned
    }

    // MARK: What the calls have left

    var askedOfSelect: Int { bits.reduce(0) { $0 + $1.nonzeroBitCount } }
    var askedOfPoll: Int { requests.count { $0.events != 0 } }

    /// The kernel's own list (`proc(5)`).
    var askedOfEpoll: Int? {
        readFile("/proc/self/fdinfo/\(epoll.fileDescriptor.rawValue)")?
            .split(separator: "\n").count { $0.hasPrefix("tfd:") }
    }

    func selectFound(_ index: Int) -> Bool { bits[Int(numbers[index]) / UInt.bitWidth] & Self.bit(numbers[index]) != 0 }
    func pollFound(_ index: Int) -> Bool { requests[index].revents != 0 }
    func epollFound(_ index: Int) -> Bool {
        unsafe events.prefix(returned).contains { unsafe $0.data.u64 == UInt64(index) }
    }

    // MARK: Finding the ready ones, as the usual programs do: one place after the other until all were found

    /// Up to which place it was looked to find so many.
    ///
    /// - Parameter start: the place with which the search begins.
    func placesInBits(toFind count: Int, from start: Int = 0) -> Int {
        var found = 0
        var number = start
        while found < count, number < bits.count * UInt.bitWidth {
            if bits[number / UInt.bitWidth] & (1 << UInt(number % UInt.bitWidth)) != 0 { found += 1 }
            number += 1
        }
        return number
    }

    func placesInRequests(toFind count: Int, from start: Int = 0) -> Int {
        var found = 0
        var place = start
        while found < count, place < requests.count {
            if requests[place].revents != 0 { found += 1 }
            place += 1
        }
        return place
    }

    func placesInEvents(toFind count: Int) -> Int {
        var found = 0
        var place = 0
        while found < count, place < returned {
            if unsafe events[place].events != 0 { found += 1 }
            place += 1
        }
        return place
    }
}
