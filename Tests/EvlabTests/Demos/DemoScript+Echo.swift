import Glibc

extension DemoScript {
    /// TCP and UDP on one port.
    static let echo = DemoScript(
        description: "echo",
        arguments: ["echo", "--udp"],
        more: { ["--api", $0.engine == "native" ? "reactor" : "event"] },
        places: ["tcp", "udp"],
        transcript: """
            tcp < hello
            udp < HELLO
            tcp < and telnet's end of line
            udp <
            udp < 0 1 1023 1024 1025 65507
            tcp < the last words
            connections: 1, refused: 0, bytes sent back: 46, datagrams: 8, sent back: 8, truncated: 0, lost: 0

            """
    ) { server in
        var transcript = ""
        do {
            let stream = try server.connect("tcp")
            let datagrams = try DatagramClient(to: server.address("udp"))
            try stream.send("hello\n")
            transcript += try "tcp < \(stream.line())\n"
            try datagrams.send(Array("HELLO".utf8))
            transcript += try "udp < \(String(decoding: datagrams.receive(), as: UTF8.self))\n"
            try stream.send("and telnet's end of line\r\n")
            transcript += try "tcp < \(stream.line().trimmingEnd)\n"
            try datagrams.send([])
            transcript += try "udp <\(datagrams.receive().isEmpty ? "" : " something")\n"
            let lengths = [0, 1, 1023, 1024, 1025, 65_507]
            transcript += try "udp < \(lengths.map { try roundTrip($0, datagrams) }.joined(separator: " "))\n"
            try stream.send("the last words")
            try stream.shutDownWriting()
            transcript += try "tcp < \(stream.text())\n"
        }
        return try transcript + server.stop()
    }

    /// Sends so many bytes and says how many of them came back.
    private static func roundTrip(_ count: Int, _ client: borrowing DatagramClient) throws -> String {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
        try client.send(bytes)
        return try client.receive() == bytes ? "\(count)" : "something else"
    }
}

extension String {
    /// Without the CR of telnet's end of line.
    var trimmingEnd: String { utf8.last == UInt8(ascii: "\r") ? String(dropLast()) : self }
}
