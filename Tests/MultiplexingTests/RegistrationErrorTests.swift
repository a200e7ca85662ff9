import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

@Suite("Registering what cannot be registered", .timeLimit(.minutes(1)))
struct RegistrationErrorTests {
    @Test("files that never block are not pollable", arguments: ["/dev/null", "/dev/zero", "/proc/self/exe", "/"])
    func notPollable(_ path: FilePath) throws {
        let file = Descriptor(adopting: try FileDescriptor.open(path, .readOnly))
        let epoll = try Epoll()
        let error = failure { () throws(IOError) in try epoll.add(file, for: .readable, token: 0) }
        #expect(error?.code == .notPollable)
        #expect(error?.errno == .notPermitted)
        #expect(error?.detail.contains("directly") == true)
        #expect(failure { () throws(IOError) in try epoll.remove(file) }?.code == .notRegistered)
    }

    @Test("a second add is refused and leaves the first undisturbed", arguments: Trigger.allCases)
    func addedTwice(_ trigger: Trigger) throws {
        let event = try makeEventDescriptor(1)
        let epoll = try Epoll()
        try epoll.add(event, for: .readable, trigger: trigger, token: 1)
        let error = failure { () throws(IOError) in try epoll.add(event, for: .writable, token: 2) }
        #expect(error?.code == .alreadyRegistered)
        #expect(error?.errno == .fileExists)
        #expect(try readyNow(epoll) == [EventBatch.Event(token: 1, events: .readable)])
    }

    @Test("what is not there is neither removed nor changed")
    func notRegistered() throws {
        let event = try makeEventDescriptor(1)
        let epoll = try Epoll()
        func expectNotRegistered(sourceLocation: SourceLocation = #_sourceLocation) {
            let errors = [
                failure { () throws(IOError) in try epoll.remove(event) },
                failure { () throws(IOError) in try epoll.rearm(event) },
                failure { () throws(IOError) in try epoll.modify(event, for: .readable, token: 0) },
            ]
            #expect(errors.allSatisfy { $0?.code == .notRegistered }, sourceLocation: sourceLocation)
        }
        expectNotRegistered()
        try epoll.add(event, for: .readable, token: 0)
        try epoll.remove(event)
        expectNotRegistered()
        try epoll.add(event, for: .readable, token: 0)
        #expect(try readyNow(epoll).count == 1)
    }

    @Test("a number that is not open is closed", arguments: [CInt(-1), .min, 900_000])
    func notOpen(_ number: CInt) throws {
        let descriptor = FileDescriptor(rawValue: number)
        let epoll = try Epoll()
        let error = failure { () throws(IOError) in try epoll.add(descriptor, for: .readable, token: 0) }
        #expect(error?.code == .closed)
        #expect(error?.errno == .badFileDescriptor)
        if number < 0 {
            #expect(failure { () throws(IOError) in try epoll.rearm(descriptor) }?.code == .closed)
            #expect(failure { () throws(IOError) in try epoll.remove(descriptor) }?.code == .closed)
        }
    }

    @Test("what somebody else has closed is not there any more")
    func closedByOthers() async {
        await #expect(processExitsWith: .success) {
            let epoll = try Epoll()
            for _ in 0..<3 {
                let event = try makeEventDescriptor(1).release()
                try epoll.add(event, for: .readable, token: 1)
                try event.close()
                #expect(failure { () throws(IOError) in try epoll.rearm(event) }?.code == .closed)
                #expect(failure { () throws(IOError) in try epoll.remove(event) }?.code == .notRegistered)
                #expect(try readyNow(epoll).isEmpty)
            }
        }
    }

    @Test("an epoll cannot watch itself")
    func itself() throws {
        let epoll = try Epoll()
        #expect(
            failure { () throws(IOError) in try epoll.add(epoll, for: .readable, token: 0) }?.code == .invalidArgument
        )
    }

    @Test("a batch has room for something, and not for everything", arguments: [Int.min, -1, 0, (1 << 20) + 1, .max])
    func capacity(_ capacity: Int) {
        let error = failure { () throws(IOError) in try EventBatch(capacity: capacity) }
        #expect(error?.code == .outOfRange)
        #expect(error?.detail.contains("\(capacity)") == true)
    }

    @Test("a batch that still holds events of one epoll is refused by another")
    func foreignBatch() throws {
        let event = try makeEventDescriptor(1)
        let one = try Epoll()
        let other = try Epoll()
        try one.add(event, for: .readable, token: 1)
        try other.add(event, for: .readable, token: 2)
        var batch = try EventBatch(capacity: 8)
        try one.wait(into: &batch, upTo: .zero)
        let error: IOError?
        do throws(IOError) {
            try other.wait(into: &batch, upTo: .zero)
            error = nil
        } catch let failure {
            error = failure
        }
        #expect(error?.code == .busy)
        let leftovers = batch.rest()
        #expect(leftovers.map(\.token) == [1])
        try other.wait(into: &batch, upTo: .zero)
        let events = batch.rest()
        #expect(events.map(\.token) == [2])
    }

    @Test("a forked child is refused, and its closes leave the parent's registrations alone")
    func fork() async {
        await #expect(processExitsWith: .success) {
            typealias Fork = @convention(c) () -> pid_t
            guard let symbol = unsafe dlsym(nil, "fork") else { exit(1) }
            let epoll = try Epoll()
            let pair = try Socket.pair()
            try epoll.add(pair.first, for: .readable, token: 1)
            let number = pair.first.fileDescriptor
            let child = unsafe unsafeBitCast(symbol, to: Fork.self)()
            if child == 0 {
                let refusals = [
                    failure { () throws(IOError) in try epoll.remove(number) },
                    failure { () throws(IOError) in try epoll.rearm(number) },
                    failure { () throws(IOError) in try epoll.add(pair.second, for: .readable, token: 2) },
                ]
                Descriptor(adopting: number).close()
                _exit(refusals.allSatisfy { $0?.code == .forked } ? 0 : 1)
            }
            var status: CInt = -1
            #expect(unsafe waitpid(child, &status, 0) == child)
            #expect(status == 0)
            try pair.second.write("x")
            #expect(try nextEvents(epoll).map(\.token) == [1])
        }
    }
}
