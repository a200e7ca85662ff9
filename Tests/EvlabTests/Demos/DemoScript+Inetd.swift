import Glibc

extension DemoScript {
    /// The services that are built in.
    static let inetd = DemoScript(
        description: "inetd",
        arguments: ["inetd"],
        places: ["echo", "discard", "daytime", "chargen", "time"].flatMap { ["\($0)/tcp", "\($0)/udp"] },
        transcript: """
            echo/tcp < hello
            echo/udp < hello
            discard/tcp <
            daytime/tcp < Aaa, Aaa 00, 0000 00:00:00-Aaa.
            daytime/udp < Aaa, Aaa 00, 0000 00:00:00-Aaa.
            chargen/tcp <  !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg
            chargen/tcp < !"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh
            chargen/udp < the beginning of that
            time/tcp < the time
            time/udp < the time
            connections: 6, datagrams: 5, programs: 0, refused: 0, failed: 0

            """
    ) { server in
        var transcript = ""
        func note(_ place: String, _ text: String) {
            transcript += text.isEmpty ? "\(place) <\n" : "\(place) < \(text)\n"
        }
        do {
            let echo = try server.connect("echo/tcp")
            try echo.send("hello")
            try echo.shutDownWriting()
            try note("echo/tcp", echo.text())
            try note("echo/udp", ask("echo/udp", "hello", server).text)
            // What is thrown away is never answered, as the next answers show: they come in its place.
            try DatagramClient(to: server.address("discard/udp")).send(Array("gone".utf8))
            let discard = try server.connect("discard/tcp")
            try discard.send(String(repeating: "gone", count: 100_000))
            try discard.shutDownWriting()
            try note("discard/tcp", discard.text())
            try note("daytime/tcp", server.connect("daytime/tcp").text().shape)
            try note("daytime/udp", ask("daytime/udp", "", server).text.shape)
            let chargen = try server.connect("chargen/tcp")
            for _ in 0..<2 { try note("chargen/tcp", chargen.line().trimmingEnd) }
            let beginning = try ask("chargen/udp", "", server)
            let whole = try server.connect("chargen/tcp").receive(atMost: 512)
            note("chargen/udp", whole.starts(with: beginning) ? "the beginning of that" : "something else")
            try note("time/tcp", server.connect("time/tcp").receive().isNow ? "the time" : "another time")
            try note("time/udp", ask("time/udp", "", server).isNow ? "the time" : "another time")
        }
        return try transcript + server.stop()
    }

    private static func ask(_ place: String, _ text: String, _ server: borrowing DemoServer) throws -> [UInt8] {
        let client = try DatagramClient(to: server.address(place))
        try client.send(Array(text.utf8))
        return try client.receive()
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }

    /// Whether these are the seconds since 1900 of the present, give or take an hour.
    fileprivate var isNow: Bool {
        guard count == 4 else { return false }
        let seconds = Int64(reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        return abs(seconds - 2_208_988_800 - Int64(Glibc.time(nil))) < 3600
    }
}

extension String {
    /// With each digit as 0, each word as Aaa and the end of line as a full stop: what is the same at any time.
    fileprivate var shape: String {
        var shape = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "0"..."9": shape += "0"
            case "A"..."Z", "a"..."z": shape += shape.hasSuffix("Aaa") ? "" : "Aaa"
            case "\r": shape += "."
            case "\n": break
            default: shape.unicodeScalars.append(scalar)
            }
        }
        return shape
    }
}
