internal import ArgumentParser
internal import EvlabComparison

struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "select, poll and epoll side by side: what is said of them, and what this machine just measured.",
        discussion: """
            The table that tutorials end with (event set, finding the ready ones, descriptors, modes, the kernel's work), \
            each line beside a measurement taken now, and a verdict only where the figures allow one. Then the cost of an \
            event, over 10 to 9,900 descriptors with 1, 100 and all of them active. Takes some ten seconds in a release \
            build; anything else that keeps the machine busy shows in the spread.
            """
    )

    @Option(help: ArgumentHelp("The most descriptors that are watched. (default: 9900)", valueName: "number"))
    var watched: Int?
    @Option(help: ArgumentHelp("How often each cost is measured. (default: 7)", valueName: "number"))
    var runs: Int?
    @Option(help: ArgumentHelp("Write a picture of the costs to this file.", valueName: "file"))
    var svg: String?
    @Option(help: ArgumentHelp("Write every measurement to this file.", valueName: "file"))
    var json: String?

    func validate() throws {
        try require((10...1_000_000).contains(watched ?? 10), "--watched \(watched ?? 0)", "10 to 1000000")
        try require((1...1000).contains(runs ?? 1), "--runs \(runs ?? 0)", "1 to 1000")
    }

    func run() throws {
        let picture = try svg.map { try OutputFile("--svg", $0) }
        let record = try json.map { try OutputFile("--json", $0) }
        var options = TableOptions()
        if let watched { options.mostWatched = watched }
        if let runs { options.runs = runs }
        let table = try MultiplexingTable.measure(options, print: Output.announce)
        Output.say(table.text)
        try picture?.write(TablePicture.svg(of: table))
        try record?.write(table.json.description + "\n")
    }
}
