import FaultTools
import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import Testing

/// Making an engine where the process has few descriptors left: in a process of its own.
@Suite struct EngineMakingTests {
    /// Libevent's own `event_base_new` ends the process here.
    @Test("An engine that lacks descriptors is a typed error, whichever it lacks, and one that has them works")
    func fewDescriptors() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in EngineKind.allCases {
                let results = try (0...7).map { try Self.make(kind, with: $0) }
                // Once there are enough, more do no harm.
                let firstMade = try #require(results.firstIndex(of: nil), "\(kind): \(results)")
                #expect(results[firstMade...].allSatisfy { $0 == nil })
                #expect(results[..<firstMade].allSatisfy { $0 == .noDescriptors })
            }
            exit(0)
        }
    }

    @Test(
        "An engine that a sandbox refuses is a typed error, without a word about descriptors",
        .bug(id: "wrong-hint-in-an-error"),
        arguments: ["eventfd2:error=EPERM", "fcntl:error=EPERM"]
    )
    func refused(_ rule: String) async {
        await #expect(processExitsWith: .exitCode(0)) { [rule] in
            alarm(500)
            let fault = try SystemCallFault(rule)
            let error = #expect(throws: IOError.self) { try EventBase() }
            fault.end()
            #expect(error?.code == .permissionDenied)
            #expect(error?.detail == "")
            exit(0)
        }
    }

    @Test("An engine that is refused an eventfd is a typed error", .bug(id: "refused-system-calls"))
    func refusedEventDescriptors() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for error in ["ENOSYS", "EPERM"] {
                let fault = try SystemCallFault("eventfd2:error=\(error)")
                defer { fault.end() }
                for kind in EngineKind.allCases {
                    let failure = #expect(throws: IOError.self) { try openPoster(of: kind.make()) }
                    #expect(failure?.operation == "eventfd", "\(kind), \(error)")
                }
            }
            exit(0)
        }
    }

    /// The error of an engine that can have so many descriptors.
    private static func make(_ kind: EngineKind, with free: CInt) throws -> IOError.Code? {
        let limit = try DescriptorLimit(lowestAllowed: numberAbove(free))
        defer { limit.end() }
        do {
            let engine = try kind.make()
            try run(engine)
            return nil
        } catch let error as IOError {
            return error.code
        }
    }

    /// The lowest number with so many free ones below it.
    private static func numberAbove(_ free: CInt) -> CInt {
        var (number, left) = (CInt(0), free)
        while true {
            if fcntl(number, F_GETFD) == -1 {
                if left == 0 { return number }
                left -= 1
            }
            number += 1
        }
    }

    private static func run(_ engine: some EventEngine) throws {
        var isOver = false
        try engine.schedule(after: .milliseconds(1)) { _ in isOver = true }
        #expect(try engine.run(.untilIdle) == .idle)
        #expect(isOver)
    }
}
