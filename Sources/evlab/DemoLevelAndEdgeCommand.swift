internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoLevelAndEdgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lt-et",
        abstract: "The same input level-triggered and edge-triggered, with a buffer of 10 bytes.",
        discussion: """
            In one terminal:    evlab demo lt-et
            In another:         echo 'more than ten bytes at once' | nc -N 127.0.0.1 9000
                                echo 'more than ten bytes at once' | nc -N 127.0.0.1 9001
            Port 9000 is level-triggered: each wake-up reads once, and as long as bytes are left the next wait returns at \
            once. Port 9001 is edge-triggered: one wake-up reads until nothing is left. The last line counts both. \
            With --blocking the sockets block, which no edge-triggered socket should: the read that finds nothing \
            stops the whole server, both services, until --limit ends it. Start nc 127.0.0.1 9001 and type a line, \
            then at once a line into nc 127.0.0.1 9000 in a third terminal: it is not read until the first read has given \
            up. Ctrl-C ends the server: those who are there have two more seconds (--grace), and a second Ctrl-C ends it at once. \
            Native only: it shows bare epoll.
            """
    )

    @Flag(help: "Let the connections block, to see what that does.")
    var blocking = false
    @Option(
        parsing: .unconditional,
        help: "About how many seconds a blocking read blocks at most, 0.01 to 3600. (default: 2)",
        transform: seconds(in: 0.01...3600)
    )
    var limit = 2.0
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        if place.port == .max {
            throw ValidationError("--port \(place.port): the second service has the next port, so use at most 65534")
        }
    }

    func run() throws {
        let level = try place.listen()
        let edge = try ListeningPlace(host: place.host, port: place.port == 0 ? 0 : place.port + 1).listen()
        let addresses = (try level.localAddress(), try edge.localAddress())
        let totals = try serveLevelAndEdge(
            level: level,
            edge: edge,
            blockingFor: blocking ? .seconds(limit) : nil,
            grace: place.grace,
            whenReady: {
                Output.announce("level listening on \(addresses.0)")
                Output.announce("edge listening on \(addresses.1)")
            },
            say: Output.say
        )
        Output.conclude("level: \(totals.level.summary); edge: \(totals.edge.summary); refused: \(totals.shed)")
    }
}
