internal import ArgumentParser
internal import EvlabComparison
internal import Sockets
internal import SystemPackage

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "The same work on native multiplexing and on libevent, measured side by side.",
        discussion: """
            Without a workload, all of them are run, quickly. Each server runs in a process of its own on one core, a \
            load generator in another on the other core; the servers take turns in random order, round after round, \
            and each must first prove that it echoes. The first one is what the others are compared with.

            Servers of echo:
            \(EchoSubject.allCases.map { "  \($0.rawValue): \($0.explanation)" }.joined(separator: "\n"))
            """
    )

    @Argument(help: "What to compare: echo.")
    var workloads: [Workload] = []
    @Option(help: "How many connections at a time: numbers with commas between them.")
    var connections = "50"
    @Option(help: "How long a message is: numbers of bytes with commas between them, K for 1024.")
    var sizes = "64,16K"
    @Option(help: "Which servers, with commas between them.")
    var subjects = EchoSubject.allCases.map(\.rawValue).joined(separator: ",")
    @Option(help: "How often each is measured.")
    var rounds = 5
    @Option(help: "How long each measurement takes.")
    var seconds = 0.3
    @OptionGroup var method: MethodOption
    @Option(help: "Decides what is random; printed, so that a run can be repeated.")
    var seed: UInt64?
    @Option(help: "Write every measurement to this file.")
    var json: String?

    func validate() throws {
        _ = try cells()
        _ = try echoSubjects()
        try require((1...1000).contains(rounds), "--rounds \(rounds)", "1 to 1000")
        try require(seconds >= 0.01 && seconds <= 600, "--seconds \(seconds)", "0.01 to 600")
    }

    func run() throws {
        let method = try method.usable()
        let file = try json.map(openForJSON)
        defer { try? file?.close() }
        var options = EchoOptions(seed: seed ?? .random(in: 0...UInt64(UInt32.max)))
        options.cells = try cells()
        options.subjects = try echoSubjects()
        options.rounds = rounds
        options.seconds = seconds
        options.method = method.rawValue
        let report = try EchoComparison.run(options, print: Output.say)
        Output.say(report.text)
        if let file { try write(report.json, to: file) }
    }

    private func cells() throws -> [EchoCell] {
        let counts = try numbers(connections, of: "--connections", upTo: 1_000_000)
        let sizes = try numbers(sizes, of: "--sizes", upTo: LoadPlan.largestSize)
        return counts.flatMap { count in sizes.map { EchoCell(connections: count, size: $0) } }
    }

    private func numbers(_ text: String, of option: String, upTo most: Int) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let isKilo = part.hasSuffix("K")
            let number = Int(isKilo ? part.dropLast() : part).map {
                $0.multipliedReportingOverflow(by: isKilo ? 1024 : 1)
            }
            guard let number, !number.overflow, (1...most).contains(number.partialValue) else {
                throw ValidationError("\(option) '\(part)': use numbers from 1 to \(most) with commas between them")
            }
            return number.partialValue
        }
    }

    private func echoSubjects() throws -> [EchoSubject] {
        var chosen: [EchoSubject] = []
        for name in subjects.split(separator: ",", omittingEmptySubsequences: false) {
            guard let subject = EchoSubject(rawValue: String(name)) else {
                throw ValidationError("--subjects: " + EchoSubject.unknown(String(name)))
            }
            guard !chosen.contains(subject) else {
                throw ValidationError("--subjects names '\(name)' twice: once is enough")
            }
            chosen.append(subject)
        }
        return chosen
    }

    /// Opened before the work, so that a file that cannot be written is known at once.
    private func openForJSON(_ path: String) throws(IOError) -> FileDescriptor {
        do {
            let options: FileDescriptor.OpenOptions = [.create, .closeOnExec]
            let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
            return try FileDescriptor.open(FilePath(path), .writeOnly, options: options, permissions: permissions)
        } catch let error as Errno {
            throw IOError("open", errno: error, detail: "--json \(path)")
        } catch {
            throw IOError("open", .system, detail: "--json \(path)")
        }
    }

    private func write(_ value: JSONValue, to file: FileDescriptor) throws(IOError) {
        do {
            try file.resize(to: 0)
            try file.writeAll((value.description + "\n").utf8)
        } catch let error as Errno {
            throw IOError("write", errno: error, detail: "--json \(json ?? "")")
        } catch {
            throw IOError("write", .system, detail: "--json \(json ?? "")")
        }
    }
}

/// What can be compared.
enum Workload: String, CaseIterable, ExpressibleByArgument {
    case echo
}
