import Readiness
import Testing

@testable import Multiplexing

@Suite("Registrations")
struct RegistrationsTests {
    @Test("every number has a slot of its own, which stays where it is")
    func slots() throws {
        let registrations = try #require(Registrations(epoll: -1))
        let numbers: [UInt32] = [
            0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 262_143, 262_144, 1_000_000, 1_048_575, 1_048_576,
            5_000_000,
        ]
        func address(_ number: UInt32) -> UInt { UInt(bitPattern: unsafe registrations.slot(number)) }
        #expect(numbers.allSatisfy { (address($0) == 0) == ($0 > 65_535) })
        let addresses = numbers.map { UInt(bitPattern: unsafe registrations.makeSlot($0)) }
        #expect(!addresses.contains(0))
        #expect(Set(addresses).count == numbers.count)
        for (number, expected) in zip(numbers, addresses) {
            #expect(address(number) == expected)
        }
        #expect(numbers.map { UInt(bitPattern: unsafe registrations.makeSlot($0)) } == addresses)
        #expect(address(100_000_000) == 0)
    }

    @Test("a mode keeps what it was made of", arguments: Trigger.allCases)
    func modes(_ trigger: Trigger) {
        for bits in 0..<16 {
            var interest: Interest = []
            if bits & 1 != 0 { interest.insert(.readable) }
            if bits & 2 != 0 { interest.insert(.writable) }
            if bits & 4 != 0 { interest.insert(.priority) }
            if bits & 8 != 0 { interest.insert(.peerClosed) }
            let mode = RegistrationMode(interest, trigger)
            #expect(mode.isRegistered && mode.interest == interest && mode.trigger == trigger)
        }
        #expect(!RegistrationMode(word: 0).isRegistered)
    }
}
