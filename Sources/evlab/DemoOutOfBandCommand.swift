internal import ArgumentParser
internal import EvlabDemos
internal import Sockets

struct DemoOutOfBandCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oob",
        abstract: "Normal and out-of-band data, told apart by select's exceptional set.",
        discussion: """
            In one terminal:    evlab demo oob
            In another:         python3
                                >>> import socket
                                >>> s = socket.create_connection(("127.0.0.1", 9000))
                                >>> s.send(b"hello")
                                >>> s.send(b"!", socket.MSG_OOB)
                                >>> s.send(b"abc", socket.MSG_OOB)
            Watch which byte is reported out of band: TCP knows one urgent byte, the last of what is sent so, and the \
            others come as normal data. Ctrl-C ends the server, which prints what it got. Native only: no method of \
            libevent reports out-of-band data.
            """
    )

    @OptionGroup var place: ListeningOptions

    func run() throws {
        let listener = try place.listen()
        let address = try listener.localAddress()
        let totals = try serveOutOfBand(
            listener: listener,
            grace: place.grace,
            whenReady: { Output.announce("listening on \(address)") },
            say: Output.say
        )
        Output.conclude(
            "connections: \(totals.connections), refused: \(totals.shed), bytes: \(totals.bytes), "
                + "out of band: \(totals.outOfBand)"
        )
    }
}
