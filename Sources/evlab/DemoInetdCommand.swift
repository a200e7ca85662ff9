internal import ArgumentParser
internal import EvlabDemos
internal import Sockets
internal import SystemPackage

struct DemoInetdCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inetd",
        abstract: "Many ports and services in one process, some of them programs.",
        discussion: """
            In one terminal:    evlab demo inetd
            In another:         nc 127.0.0.1 9013
                                nc 127.0.0.1 9019 | head
                                nc -u 127.0.0.1 9007
            echo, discard, daytime, chargen and time answer on --port plus 7, 9, 13, 19 and 37, over TCP and UDP; watch one \
            thread wait for all ten at once (strace -p $(pgrep -n evlab)). With --config FILE a program is started for each connection, \
            with the connection as its standard input, output and error; for example:
                today 9100/tcp at-once=20 waiting=100 a-second=50 /bin/date -u
                echo  9007/udp internal
            Watch ps: no more than at-once run at a time, and none stays behind as a zombie. Ctrl-C ends it: those who are \
            there have two more seconds (--grace), then programs that still run are ended; a second Ctrl-C ends it at once.
            """
    )

    @Option(help: ArgumentHelp("The services; their ports are in the file, and --port is not used.", valueName: "file"))
    var config: String?
    @OptionGroup var engine: EngineOptions
    @OptionGroup var place: ListeningOptions

    func validate() throws {
        if config != nil, let port = place.givenPort {
            throw ValidationError("--port \(port): with --config the ports are in the file, so leave it out")
        }
        guard place.port > UInt16.max - 37 else { return }
        throw ValidationError(
            "--port \(place.port): use 0 to \(UInt16.max - 37), for services follow up to 37 ports later"
        )
    }

    func run() throws {
        let services = try config.map(Self.services) ?? InetdService.builtIn(base: place.port)
        let host = try ListeningPlace(host: place.host, port: 0).address
        let totals = try ListeningPlace.explaining(port: config.map { "port in \($0)" } ?? "--port") {
            try serveInetd(
                on: engine.make(),
                services,
                host: host,
                grace: place.grace,
                complain: Output.complain
            ) { places in
                for place in places { Output.announce("\(place.service.label) listening on \(place.address)") }
            }
        }
        Output.conclude(
            """
            connections: \(totals.connections), datagrams: \(totals.datagrams), programs: \(totals.programs), \
            refused: \(totals.refused), failed: \(totals.failed)
            """
        )
    }

    private static func services(in file: String) throws -> [InetdService] {
        let text: String
        do {
            text = try read(file)
        } catch let error as Errno {
            throw CommandFailure(description: "\(file) cannot be read: \(error)")
        }
        do throws(InetdConfigurationError) {
            return try InetdConfiguration(parsing: text).services
        } catch {
            throw ValidationError("\(file), \(error)")
        }
    }

    private static func read(_ file: String) throws -> String {
        let descriptor = try FileDescriptor.open(FilePath(file), .readOnly, options: .closeOnExec)
        return try descriptor.closeAfter {
            var text: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
                guard count > 0 else { return String(decoding: text, as: UTF8.self) }
                text += chunk.prefix(count)
            }
        }
    }
}
