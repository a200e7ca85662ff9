import Glibc
import SeededRandom
import Sockets
import Testing

@Suite("SocketAddress as text")
struct SocketAddressTextTests {
    @Test(
        "text that reads back as itself",
        .bug(id: "lost-scope"),
        arguments: [
            "127.0.0.1:9000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:9000", "[::]:0",
            "[2001:db8::ff00:42:8329]:443",
            "[::ffff:192.0.2.1]:80", "[fe80::1%lo]:9000", "[fe80::1%4000000000]:1", "unix:/run/name.sock",
            "unix:relative",
            "unix:with space", "unix:with:colon:80", "unix:@abstract", "unix:@\\x00\\xff\\x5c", "unix:@@",
            "unix:/\\x5c\\xc3\\xa9",
            "unix:\\x40path", "unix:",
        ]
    )
    func roundTrip(_ text: String) throws {
        let address = try SocketAddress(parsing: text)
        #expect(address.description == text)
        #expect(SocketAddress(text) == address)
    }

    @Test(
        "other ways to write the same address",
        .bug(id: "lost-scope"),
        arguments: [
            ("[0:0:0:0:0:0:0:1]:80", "[::1]:80"), ("[::FFFF]:80", "[::ffff]:80"), ("127.0.0.1:00080", "127.0.0.1:80"),
            ("[fe80::1%1]:80", "[fe80::1%lo]:80"), ("unix:é", "unix:\\xc3\\xa9"), ("unix:@\u{301}", "unix:@\\xcc\\x81"),
            ("unix:\u{301}", "unix:\\xcc\\x81"), ("unix:\\x41", "unix:A"),
        ]
    )
    func normalised(_ text: String, _ normal: String) throws {
        #expect(try SocketAddress(parsing: text).description == normal)
    }

    @Test(
        "bad text is a typed error that says what would be right",
        .bug(id: "lost-scope"),
        arguments: [
            ("", "a port is missing"), ("127.0.0.1", "a port is missing"), ("localhost", "a port is missing"),
            ("[::1]", "a port is missing"), ("::1", "brackets"), ("::1:9000", "brackets"),
            ("fe80::1%lo:80", "brackets"),
            ("127.0.0.1:", "0 to 65535"), ("127.0.0.1:65536", "0 to 65535"), ("127.0.0.1:-1", "0 to 65535"),
            ("127.0.0.1:+1", "0 to 65535"), ("127.0.0.1: 1", "0 to 65535"), ("127.0.0.1:1 ", "0 to 65535"),
            ("127.0.0.1:http", "0 to 65535"), ("127.0.0.1:0x50", "0 to 65535"), ("127.0.0.1:٣", "0 to 65535"),
            ("127.0.0.1:99999999999999999999", "0 to 65535"), ("127.0.0.1:80\0", "0 to 65535"),
            (":80", "four numbers"), ("localhost:80", "names are not looked up"), ("1.2.3:80", "four numbers"),
            ("1.2.3.4.5:80", "four numbers"), ("1.2.3.:80", "four numbers"), ("256.0.0.1:80", "four numbers"),
            ("1.2.3.-4:80", "four numbers"), ("1.2.3.+4:80", "four numbers"), ("010.0.0.1:80", "four numbers"),
            ("0x7f.0.0.1:80", "four numbers"), ("127.1:80", "four numbers"), ("2130706433:80", "four numbers"),
            (" 127.0.0.1:80", "four numbers"), ("127.0.0.1\0:80", "four numbers"),
            ("127.0.0.1\0evil:80", "four numbers"),
            ("[]:80", "four numbers"), ("[:80", "four numbers"), ("]:80", "four numbers"),
            ("[127.0.0.1]:80", "IPv6"), ("[::1:80", "IPv6"), ("[[::1]]:80", "IPv6"), ("[::1]x:80", "IPv6"),
            ("[:::]:80", "IPv6"), ("[1:2:3:4:5:6:7]:80", "IPv6"), ("[1:2:3:4:5:6:7:8:9]:80", "IPv6"),
            ("[::g]:80", "IPv6"), ("[::12345]:80", "IPv6"), ("[::1\0]:80", "IPv6"), ("[ ::1]:80", "IPv6"),
            ("[::1.2.3]:80", "IPv6"), ("[::1.2.3.256]:80", "IPv6"), ("[1::2::3]:80", "IPv6"),
            ("[fe80::1%]:80", "no network interface"), ("[fe80::1%0]:80", "no network interface"),
            ("[fe80::1%+1]:80", "no network interface"), ("[fe80::1%4294967296]:80", "no network interface"),
            ("[fe80::1%nosuch0]:80", "no network interface"), ("[fe80::1%lo\0x]:80", "no network interface"),
            ("[fe80::1%averyveryverylongname]:80", "no network interface"), ("[fe80::1%é]:80", "no network interface"),
            ("unix:@", "1 to 107"), ("unix:/nul\0inside", "NUL"), ("unix:/nul\\x00inside", "NUL"),
            ("unix:\\", "two hexadecimal digits"), ("unix:a\\n", "two hexadecimal digits"),
            ("unix:\\x", "two hexadecimal digits"), ("unix:\\x1", "two hexadecimal digits"),
            ("unix:\\x+1", "two hexadecimal digits"), ("unix:\\xgg", "two hexadecimal digits"),
            ("UNIX:/a", "0 to 65535"),
        ]
    )
    func refused(_ text: String, _ remedy: String) throws {
        let error = try #require(throws: IOError.self) { try SocketAddress(parsing: text) }
        #expect(error.code == .invalidAddress)
        #expect(error.errno == nil)
        #expect(error.detail.contains(remedy), "\(error.detail)")
        #expect(error.description.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "one printable line")
        #expect(SocketAddress(text) == nil)
    }

    @Test("names have up to 107 bytes", arguments: [("unix:", 107), ("unix:@", 107)])
    func longestName(_ prefix: String, _ longest: Int) throws {
        let fits = prefix + String(repeating: "n", count: longest)
        #expect(try SocketAddress(parsing: fits).description == fits)
        let error = failure { () throws(IOError) in try SocketAddress(parsing: fits + "n") }
        #expect(error?.code == .invalidAddress)
        #expect(error?.detail.contains("not 108") == true)
    }

    @Test("an error quotes the beginning of endless text only")
    func endlessText() throws {
        let error = failure { () throws(IOError) in
            try SocketAddress(parsing: String(repeating: "9", count: 1_000_000) + ":80")
        }
        #expect(try #require(error).detail.utf8.count < 400)
    }

    @Test("a host and a port apart", arguments: [("::1", "[::1]:7"), ("[::1]", "[::1]:7"), ("10.0.0.1", "10.0.0.1:7")])
    func hostAndPort(_ host: String, _ text: String) throws {
        #expect(try SocketAddress(host: host, port: 7).description == text)
    }

    @Test("the parts of an address")
    func parts() throws {
        let six = try SocketAddress(parsing: "[fe80::1%lo]:80")
        #expect(six.family == .ipv6 && six.port == 80 && six.path == nil)
        #expect(six.with(port: 81).description == "[fe80::1%lo]:81")
        let path = try SocketAddress.unix(path: "/run/a")
        #expect(path.family == .unix && path.port == nil && path.path == "/run/a" && path.with(port: 1) == path)
        #expect(try SocketAddress.unix(abstract: "a").path == nil)
        #expect(try SocketAddress(parsing: "unix:/\\xff").path == nil, "no text has these bytes")
        #expect(SocketAddress.ipv6(high: 0, low: 1, port: 1, flow: 5) != .loopbackIPv6(port: 1))
    }

    @Test(
        "made from parts, names are validated as in text",
        arguments: ["", String(repeating: "x", count: 108), "a\0b"]
    )
    func validatedParts(_ name: String) {
        #expect(failure { () throws(IOError) in try SocketAddress.unix(path: name) }?.code == .invalidAddress)
        let abstract = failure { () throws(IOError) in try SocketAddress.unix(abstract: name) }
        #expect(abstract?.code == (name == "a\0b" ? nil : .invalidAddress))
    }

    @Test(
        "texts made at random neither crash nor read back differently",
        arguments: [UInt64.random(in: 0...UInt64.max)]
    )
    func random(_ seed: UInt64) throws {
        var generator = RepeatableRandom(seed: seed)
        let alphabet = Array("0123456789abcdef:.[]%@\\xunix/ \0é".unicodeScalars)
        for _ in 0..<20_000 {
            let prefix = ["", "unix:", "unix:@", "[", "127.0.0.1:"].randomElement(using: &generator) ?? ""
            let length = Int.random(in: 0...12, using: &generator)
            let rest = (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) }
            guard let address = SocketAddress(prefix + String(String.UnicodeScalarView(rest))) else { continue }
            #expect(SocketAddress(address.description) == address)
        }
    }
}
