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
            network at once. Then stop a client with Ctrl-Z and let the others go on, a lot: nobody waits for it; what it \
            does not read is queued up to a bound (64 KiB, besides the kernel's own), and then it is dropped and told so. \
            Ctrl-C ends the server, which tells everybody.
            """
    )

    @Option(
        help: ArgumentHelp("Join the room at an address instead of serving one.", valueName: "host:port"),
        transform: { text in
            do throws(IOError) {
                return try SocketAddress(parsing: text)
            } catch {
                throw ValidationError("--join \(error.detail)")
            }
        }
    )
    var join: SocketAddress?
    @Option(help: "What the room is written on: callbacks (the default) or async; each runs on either engine.")
    var api: ChatAPI?
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        guard join != nil, let api else { return }
        throw ValidationError("--api \(api.rawValue) is for the room, not for --join: leave it out")
    }

    func run() throws {
        if let join { return try joinChat(on: engine.make(), at: join) }
        let listener = try place.listen()
        let address = try listener.localAddress()
        let announce: @Sendable () -> Void = { Output.say("listening on \(address)") }
        let totals =
            switch api ?? .callbacks {
            case .callbacks: try serveChat(on: engine.make(), listener: listener, whenReady: announce)
            case .async: try serveChat(onTasks: engine.makeLoopEngine(), listener: listener, whenReady: announce)
            }
        Output.say(
            "members: \(totals.members), lines: \(totals.lines), dropped: \(totals.dropped), refused: \(totals.refused)"
        )
    }
}
