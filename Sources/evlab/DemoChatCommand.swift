internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "A chat room, and its client for the terminal.",
        discussion: """
            In one terminal:    evlab demo chat
            In two others:      evlab demo chat --join 127.0.0.1:9000
            or without it:      nc 127.0.0.1 9000
            Give a name, then write: the others read it. Watch the client: one thread waits for the keyboard and the \
            network at once. Then stop a client with Ctrl-Z and let another one talk:
                                (echo cleo; yes 'a long line' | head -200000) | nc -N 127.0.0.1 9000 >/dev/null
            Nobody waits for the one that does not read: what it has not read is queued up to a bound (64 KiB, besides the \
            kernel's own), and then it is dropped and told so. Ctrl-C ends the server, which tells everybody, and gives \
            them two seconds to hear it, or as many as --grace says; a second Ctrl-C ends it at once.
            """
    )

    @Option(
        help: ArgumentHelp("Join the room at an address instead of serving one.", valueName: "host:port"),
        transform: ListeningPlace.parse
    )
    var join: SocketAddress?
    @Option(help: "What the room is written on: callbacks (the default) or async; each runs on either engine.")
    var api: ChatAPI?
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        guard join != nil else { return }
        if let api { throw ValidationError("--api \(api.rawValue) is for the room, not for --join: leave it out") }
        if let port = place.givenPort {
            throw ValidationError("--port \(port) is for the room, not for --join: leave it out")
        }
        guard let grace = place.givenGrace else { return }
        throw ValidationError("--grace \(grace) is for the room, not for --join: leave it out")
    }

    func run() throws {
        if let join { return try enter(join) }
        let listener = try place.listen()
        let address = try listener.localAddress()
        let announce: @Sendable () -> Void = { Output.announce("listening on \(address)") }
        let totals =
            switch api ?? .callbacks {
            case .callbacks:
                try serveChat(on: engine.make(), listener: listener, grace: place.grace, whenReady: announce)
            case .async:
                try serveChat(
                    onTasks: engine.makeLoopEngine(),
                    listener: listener,
                    grace: place.grace,
                    whenReady: announce
                )
            }
        Output.conclude(
            "members: \(totals.members), lines: \(totals.lines), dropped: \(totals.dropped), refused: \(totals.refused)"
        )
    }

    private func enter(_ room: SocketAddress) throws {
        do {
            try joinChat(on: engine.make(), at: room)
        } catch let error as IOError where error.code == .connectionRefused {
            throw CommandFailure(description: "connection refused by \(room): start evlab demo chat there first")
        }
    }
}
