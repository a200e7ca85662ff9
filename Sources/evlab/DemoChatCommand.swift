internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "A chat room, and its client for the terminal.",
        discussion: """
            In one terminal:    evlab demo chat
            In two others:      evlab demo chat --join 127.0.0.1:9000        (or: nc 127.0.0.1 9000, or telnet)
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
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func run() throws {
        if let join { return try joinChat(on: engine.make(), at: join) }
        let listener = try place.listen()
        let address = try listener.localAddress()
        let totals = try serveChat(on: engine.make(), listener: listener) { Output.say("listening on \(address)") }
        Output.say(
            "members: \(totals.members), lines: \(totals.lines), dropped: \(totals.dropped), refused: \(totals.refused)"
        )
    }
}
