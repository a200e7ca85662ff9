internal import ArgumentParser
internal import EventLoops
internal import EvlabDemos

struct DemoRespCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resp",
        abstract: "Keys and values in memory, for the clients of Redis.",
        discussion: """
            A server for which there are clients and benchmarks: those of Debian's redis-tools.
            In one terminal:    evlab demo resp --port 6380
            In another:         redis-cli -p 6380 set greeting hello
                                redis-cli -p 6380 get greeting
                                redis-benchmark -p 6380 -t set,get -P 16
            It speaks versions 2 and 3 of the protocol, knows what clients send first and the commands on plain values (GET, \
            SET, MGET, INCRBY, EXPIRE and others), and answers commands that come together with one write. Each piece of input is handed to a function on the loop's thread: no task, no buffer, no copy. \
            With --loops 2 the kernel spreads the clients over two threads, which share the keys. Ctrl-C ends it: those \
            who are there have two more seconds (--grace), and a second Ctrl-C ends it at once.
            """
    )

    @OptionGroup var engine: EngineOptions
    @Option(
        parsing: .unconditional,
        help: "How many threads serve, 1 to 64. (default: 1)",
        transform: number(in: 1...64)
    )
    var loops = 1
    @OptionGroup var place: ListeningOptions

    func run() throws {
        let address = try ListeningPlace(host: place.host, port: place.port).address
        let engine = try engine.makeLoopEngine()
        let clients = try ListeningPlace.explaining {
            try serveResp(on: address, engine: engine, loops: loops, grace: place.grace) {
                Output.announce("listening on \($0)")
            }
        }
        Output.conclude("clients: \(clients)")
    }
}
