internal import ArgumentParser
internal import EventLoops
internal import EvlabDemos

struct DemoRespCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resp",
        abstract: "Keys and values in memory, for the clients of Redis.",
        discussion: """
            In one terminal:    evlab demo resp --port 6380
            In another:         redis-cli -p 6380 set greeting hello
                                redis-benchmark -p 6380 -t set,get -P 16
            It knows PING, ECHO, SET (with EX and PX), GET, DEL, INCR and EXPIRE, and answers commands that come together \
            with one write. Each piece of input is handed to a function on the loop's thread: no task, no buffer, no copy. \
            With --loops 2 the kernel spreads the clients over two threads. Ctrl-C ends it.
            """
    )

    @Option(help: "What it runs on: native or libevent.")
    var engine = Engine.native
    @Option(help: "How many threads serve.")
    var loops = 1
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        guard (1...64).contains(loops) else { throw ValidationError("--loops \(loops): use 1 to 64") }
    }

    func run() throws {
        let address = try ListeningPlace(host: place.host, port: place.port).address
        let engine: LoopEngine = engine == .native ? .native : .libevent
        let clients = try serveResp(on: address, engine: engine, loops: loops) { Output.say("listening on \($0)") }
        Output.say("clients: \(clients)")
    }
}
