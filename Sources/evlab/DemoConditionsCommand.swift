internal import ArgumentParser
internal import EvlabComparison
internal import EvlabDemos

struct DemoConditionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conditions",
        abstract: "When a socket is readable, writable or exceptional, as select, poll and epoll say it.",
        discussion: """
            Runs by itself in about a second; no other terminal is needed. Real sockets are brought into each state; \
            select, poll and epoll are asked at once, and then the calls are made that a program would make next. \
            select's column says in which of its sets the socket is: r, w, x. The others show the flags.

            Watch for these: "readable" and "writable" mean that a call would not block, not that it would succeed; \
            below a low-water mark nothing is reported though a read would give bytes; an error can be asked for only once; \
            and a signal ends every kind of wait, though its handler was set with SA_RESTART. Native only: it shows \
            the bare calls.
            """
    )

    @Option(help: ArgumentHelp("Write every answer to this file.", valueName: "file"))
    var json: String?

    func run() throws {
        let record = try json.map { try OutputFile("--json", $0) }
        let conditions = try Conditions.read()
        Output.say(conditions.text)
        try record?.write(conditions.json.description + "\n")
    }
}
