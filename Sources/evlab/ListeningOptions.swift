internal import ArgumentParser
internal import Sockets

/// The options that say where a server listens, and how it ends.
struct ListeningOptions: ParsableArguments {
    @Option(help: "A numeric address, or localhost.")
    var host = "127.0.0.1"
    @Option(
        name: .customLong("port"),
        parsing: .unconditional,
        help: ArgumentHelp("0 to 65535; 0 takes a free one. (default: 9000)", valueName: "port"),
        transform: { text in
            guard let port = UInt16(text) else { throw ValidationError("a port is a number from 0 to 65535") }
            return port
        }
    )
    var givenPort: UInt16?

    @Option(
        name: .customLong("grace"),
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many seconds it waits for whoever must still take its last bytes, and for all when it is told to end, "
                + "0 to 86400. (default: 2)",
            valueName: "seconds"
        ),
        transform: seconds(in: 0...86_400)
    )
    var givenGrace: Double?

    var port: UInt16 { givenPort ?? 9000 }
    var grace: Duration { .seconds(givenGrace ?? 2) }

    func validate() throws {
        do throws(IOError) {
            _ = try ListeningPlace(host: host, port: port)
        } catch {
            throw ValidationError("--host \(error.detail)")
        }
    }

    func listen() throws -> Socket {
        try ListeningPlace(host: host, port: port).listen()
    }
}
