internal import Multiplexing
internal import Readiness
public import Sockets

/// The same two clients, in the same batch, on `Epoll` and `EventBatch`: each registration is a new one, whatever its
/// number, and an event is checked when it is handed out.
///
/// - Parameter say: called with each line for the user.
/// - Throws: `noDescriptors`, `noMemory`.
public func handleStaleEvent(say: (String) -> Void) throws(IOError) -> StaleOutcome {
    let epoll = try Epoll()
    var ready = try EventBatch()
    var guests: [Token: StaleGuest] = [:]

    func letIn(_ name: String) throws(IOError) -> StaleGuest {
        let guest = try StaleGuest(name)
        let token = Token(guests.count)
        try epoll.add(guest.descriptor, for: [.readable, .peerClosed], token: token)
        guests[token] = guest
        return guest
    }

    let ada = try letIn("ada")
    let bob = try letIn("bob")
    say("ada has number \(ada.number), bob has number \(bob.number)")
    try ada.send("throw bob out and let cy in")
    bob.hangUp()

    var outcome = StaleOutcome()
    var cy: StaleGuest?
    let count = try epoll.wait(into: &ready, upTo: .zero)
    say("one wait collected \(counted(count, "event", "events"))")
    while let event = ready.next() {
        guard let guest = guests[event.token] else { continue }
        if guest === ada {
            say("ada says: \(try ada.read())")
            let bobsNumber = bob.number
            // Its close tells the epoll, which passes over what was collected for it.
            bob.dismiss()
            let newcomer = try letIn("cy")
            outcome.isReused = newcomer.number == bobsNumber
            cy = newcomer
            say("bob's number \(bobsNumber) is closed; cy has number \(newcomer.number)")
        } else if event.events.contains(.peerClosed) {
            say("\(guest.name) has hung up")
            if guest === cy { outcome.mistaken += 1 }
            guest.dismiss()
        }
    }
    if outcome.mistaken == 0 { say("the batch is empty: bob's event was passed over") }

    try cy?.send("hello")
    try epoll.wait(into: &ready, upTo: .zero)
    while let event = ready.next() {
        guard let guest = guests[event.token], guest === cy else { continue }
        outcome.isNewcomerServed = try guest.read() == "hello"
    }
    say(outcome.isNewcomerServed ? "cy says hello, and is heard" : "cy says hello, and is not heard")
    return outcome
}
