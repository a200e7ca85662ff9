import CLinux
import Glibc
import Readiness
import Sockets
import SystemPackage
import Testing

/// A state that a descriptor can be in, and what is reported of it to who asks for everything: a row of the table.
struct ReadinessState: CustomTestStringConvertible, Sendable {
    /// A descriptor in the state, with what keeps it there.
    struct Subject: ~Copyable {
        let watched: Descriptor
        let other: Descriptor?
    }

    let name: String
    /// What select reports.
    let bySelect: ReadyEvents
    /// What poll reports, and epoll, if it takes the descriptor.
    let byPoll: ReadyEvents
    /// Whether it is a file that never blocks, which epoll refuses.
    let neverBlocks: Bool
    let make: @Sendable () throws -> Subject

    var testDescription: String { name }

    /// - Parameters:
    ///   - select: `r`, `w` and `x`, as far as reported.
    ///   - poll: the names of the flags in `poll(2)`, without the prefix.
    init(
        _ name: String,
        select: String,
        poll: String,
        neverBlocks: Bool = false,
        make: @escaping @Sendable () throws -> Subject
    ) {
        self.name = name
        bySelect = Self.events(select.map(String.init), ["r": .readable, "w": .writable, "x": .priority])
        byPoll = Self.events(
            poll.split(separator: " ").map(String.init),
            [
                "IN": .readable, "OUT": .writable, "PRI": .priority, "RDHUP": .peerClosed, "ERR": .error,
                "HUP": .hangUp,
            ]
        )
        self.neverBlocks = neverBlocks
        self.make = make
    }

    private static func events(_ names: [String], _ meanings: [String: ReadyEvents]) -> ReadyEvents {
        names.reduce(into: []) { events, name in
            guard let meaning = meanings[name] else {
                Issue.record("\(name) is no name of a flag")
                return
            }
            events.insert(meaning)
        }
    }

    /// What a multiplexer reports to who asks for `interest`.
    func reported(by kind: MultiplexerKind, for interest: Interest) -> ReadyEvents {
        guard kind != .select else { return bySelect.intersection(ReadyEvents(interest)) }
        return byPoll.intersection(ReadyEvents(interest).union([.error, .hangUp]))
    }
}

extension ReadinessState.Subject {
    init(_ watched: consuming Descriptor) {
        self.watched = watched
        other = nil
    }

    init(_ watched: consuming Descriptor, beside other: consuming Descriptor) {
        self.watched = watched
        self.other = consume other
    }

    init(_ watched: consuming Socket) {
        self.init(watched.intoDescriptor())
    }

    init(_ pair: consuming SocketPair) {
        self = pair.split { (first, second) in Self(first.intoDescriptor(), beside: second.intoDescriptor()) }
    }

    /// Without the second socket, which is closed.
    init(firstOf pair: consuming SocketPair) {
        self = pair.split { (first, second) in
            second.close()
            return Self(first)
        }
    }

    static func file(_ path: FilePath) throws -> Self {
        Self(Descriptor(adopting: try FileDescriptor.open(path, .readOnly)))
    }

    static func eventDescriptor(_ count: UInt64) throws -> Self {
        let event = try makeEventDescriptor()
        var count = count
        if count > 0 { #expect(unsafe clinux_write(event.fileDescriptor.rawValue, &count, 8) == 8) }
        return Self(event)
    }
}
