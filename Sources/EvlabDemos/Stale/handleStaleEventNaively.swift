internal import CLinux
internal import Glibc
public import Sockets
internal import SystemPackage

/// The loop of many a textbook, on bare system calls: epoll gives back the descriptor's number, and the number says whose
/// event it is. That holds until a number is closed and given out again inside one batch.
///
/// - Parameter say: called with each line for the user.
/// - Throws: `noDescriptors`, `noMemory`.
public func handleStaleEventNaively(say: (String) -> Void) throws(IOError) -> StaleOutcome {
    var loop = try NaiveLoop()
    let ada = try loop.letIn("ada")
    let bob = try loop.letIn("bob")
    say("ada has number \(ada.number), bob has number \(bob.number)")
    // Both become ready before the next wait, so both events come in one batch.
    try ada.send("throw bob out and let cy in")
    bob.hangUp()

    var outcome = StaleOutcome()
    var cy: StaleGuest?
    let events = try loop.wait()
    say("one wait returned \(counted(events.count, "event", "events"))")
    for event in events {
        guard let guest = loop.guests[event.number] else { continue }
        if guest === ada {
            say("ada says: \(try ada.read())")
            let bobsNumber = bob.number
            loop.close(bobsNumber)
            let newcomer = try loop.letIn("cy")
            outcome.isReused = newcomer.number == bobsNumber
            cy = newcomer
            say("bob's number \(bobsNumber) is closed; cy has number \(newcomer.number)")
        } else if event.isOver {
            say(
                "number \(event.number) has hung up, and number \(event.number) is \(guest.name): \(guest.name) is closed"
            )
            if guest === cy { outcome.mistaken += 1 }
            loop.close(event.number)
        }
    }
    outcome.isNewcomerServed = try cy.map { guest throws(IOError) in try loop.serves(guest) } ?? false
    say(outcome.isNewcomerServed ? "cy says hello, and is heard" : "cy says hello, but has been closed for bob's sake")
    return outcome
}

private struct NaiveLoop: ~Copyable {
    struct Event {
        let number: Int
        let isOver: Bool
    }

    private let epoll: Descriptor
    /// By the number of the descriptor, which is the mistake.
    var guests: [Int: StaleGuest] = [:]

    init() throws(IOError) {
        epoll = Descriptor(number: try checked("epoll_create1", clinux_epoll_create()))
    }

    mutating func letIn(_ name: String) throws(IOError) -> StaleGuest {
        let guest = try StaleGuest(name)
        let flags = UInt32(CLINUX_POLL_READABLE | CLINUX_POLL_PEER_CLOSED)
        let number = guest.descriptor.rawValue
        let result = clinux_epoll_ctl(epoll.fileDescriptor.rawValue, EPOLL_CTL_ADD, number, flags, UInt64(number))
        try check("epoll_ctl", result)
        guests[guest.number] = guest
        return guest
    }

    mutating func close(_ number: Int) {
        guests.removeValue(forKey: number)?.dismiss()
    }

    /// What is ready now.
    func wait() throws(IOError) -> [Event] {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 16)
        let epoll = epoll.fileDescriptor.rawValue
        let result = unsafe events.withUnsafeMutableBufferPointer { buffer in
            unsafe clinux_epoll_wait(epoll, buffer.baseAddress, CInt(buffer.count), 0)
        }
        let count = Int(try checked("epoll_wait", result))
        return unsafe events.prefix(count).map { event in
            let flags = CInt(truncatingIfNeeded: unsafe event.events)
            return Event(number: unsafe Int(event.data.u64), isOver: flags & CLINUX_POLL_PEER_CLOSED != 0)
        }
    }

    /// Whether a guest's words arrive.
    mutating func serves(_ guest: StaleGuest) throws(IOError) -> Bool {
        do throws(IOError) {
            try guest.send("hello")
        } catch  where error.code == .brokenPipe {
            return false
        }
        return try wait().contains { guests[$0.number] === guest }
    }
}
