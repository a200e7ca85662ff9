internal import CLinux
internal import Glibc

// Text is validated here, byte by byte, before any C function sees it: a NUL or an overlong name never gets that far.

extension SocketAddress: CustomStringConvertible, LosslessStringConvertible {
    /// The address from its text; `nil` where ``init(parsing:)`` would throw.
    public init?(_ description: String) {
        do throws(IOError) {
            try self.init(parsing: description)
        } catch {
            return nil
        }
    }

    /// The address from its text, in one of the forms that ``SocketAddress`` names. Host names are not looked up.
    ///
    /// - Throws: `invalidAddress`, with what was wrong and what would be right.
    public init(parsing text: String) throws(IOError) {
        if text.utf8.starts(with: "unix:".utf8) {
            self = try Self.parseUnix(text.utf8.dropFirst(5), of: text)
            return
        }
        guard !text.hasSuffix("]"), let colon = text.lastIndex(of: ":") else {
            throw Self.invalid(text, "a port is missing: write HOST:PORT, as in 127.0.0.1:9000 or [::1]:9000")
        }
        let host = text[..<colon]
        guard !host.contains(":") || host.hasPrefix("[") else {
            throw Self.invalid(text, "an IPv6 address before a port stands in brackets, as in [::1]:9000")
        }
        let port = try Self.parsePort(text[text.index(after: colon)...], of: text)
        try self.init(host: String(host), port: port)
    }

    /// The address from a numeric host and a port. An IPv6 host may stand in brackets and may have a scope:
    /// `::1`, `[::1]`, `fe80::1%eth0`.
    ///
    /// - Throws: `invalidAddress`, with what was wrong and what would be right.
    public init(host: String, port: UInt16) throws(IOError) {
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 2
        let bare = bracketed ? host.dropFirst().dropLast() : host[...]
        guard bracketed || bare.contains(":") else {
            self = try Self.parseIPv4(String(bare), port: port)
            return
        }
        let parts = bare.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        let scope = parts.count == 2 ? try Self.parseScope(String(parts[1]), of: host) : 0
        self = try Self.parseIPv6(String(parts[0]), port: port, scope: scope, of: host)
    }

    private static func invalid(_ text: String, _ reason: String) -> IOError {
        IOError("SocketAddress", .invalidAddress, detail: "'\(quotable(text))': \(reason)")
    }

    /// The text for a message of one line: without control characters, and not without end.
    private static func quotable(_ text: String) -> String {
        let longest = 120
        let shown = escaped(text.utf8.prefix(longest), alsoEscaping: nil)
        return text.utf8.count > longest ? shown + "..." : shown
    }

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func parsePort(_ digits: Substring, of text: String) throws(IOError) -> UInt16 {
        guard isDigits(digits), let port = UInt16(digits) else {
            throw invalid(text, "a port is a number from 0 to 65535")
        }
        return port
    }

    private static func parseIPv4(_ host: String, port: UInt16) throws(IOError) -> SocketAddress {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part -> UInt8? in
            // A leading zero would be octal to some programs and decimal to others.
            guard isDigits(part), part == "0" || part.first != "0" else { return nil }
            return UInt8(part)
        }
        guard parts.count == 4, bytes.count == 4 else {
            throw invalid(
                host,
                "not a numeric address; four numbers from 0 to 255 are needed, as in 127.0.0.1 (names are not looked up)"
            )
        }
        return .ipv4(bytes[0], bytes[1], bytes[2], bytes[3], port: port)
    }

    private static func parseIPv6(
        _ host: String,
        port: UInt16,
        scope: UInt32,
        of text: String
    ) throws(IOError) -> SocketAddress {
        let allowed = host.utf8.allSatisfy { $0 < 0x80 && (isHexDigit($0) || $0 == 0x3A || $0 == 0x2E) }
        var address = in6_addr()
        guard allowed, host.utf8.count < Int(INET6_ADDRSTRLEN), unsafe inet_pton(AF_INET6, host, &address) == 1 else {
            throw invalid(text, "not an IPv6 address, as in ::1 or fe80::1%eth0")
        }
        let halves = unsafe withUnsafeBytes(of: address) { bytes in
            unsafe (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return .ipv6(
            high: UInt64(bigEndian: halves.0),
            low: UInt64(bigEndian: halves.1),
            port: port,
            scope: scope
        )
    }

    private static func parseScope(_ name: String, of text: String) throws(IOError) -> UInt32 {
        if isDigits(name), let index = UInt32(name), index > 0 { return index }
        let index = isInterfaceName(name) ? unsafe clinux_interface_index(name) : 0
        guard index > 0 else {
            throw invalid(
                text,
                "no network interface is called '\(quotable(name))'; write its name or its number, 1 or more"
            )
        }
        return index
    }

    /// Whether the name can be looked up, and stands for itself in text: not a number, printable, short enough.
    private static func isInterfaceName(_ name: String) -> Bool {
        !isDigits(name) && (1..<Int(IF_NAMESIZE)).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func parseUnix(_ name: Substring.UTF8View, of text: String) throws(IOError) -> SocketAddress {
        guard !name.isEmpty else { return .unnamedUnix }
        let isAbstract = name.first == UInt8(ascii: "@")
        guard let bytes = unescaped(isAbstract ? name.dropFirst() : name) else {
            throw invalid(text, "a backslash begins \\xNN, two hexadecimal digits")
        }
        guard !bytes.isEmpty, bytes.count <= longestUnixName else {
            throw invalid(text, "a unix socket's name has 1 to \(longestUnixName) bytes, not \(bytes.count)")
        }
        guard isAbstract || !bytes.contains(0) else { throw invalid(text, "a path cannot contain a NUL") }
        return SocketAddress(isAbstract ? .abstract(bytes) : .path(bytes))
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func hexValue(_ byte: UInt8?) -> UInt8? {
        guard let byte, isHexDigit(byte) else { return nil }
        return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57
    }

    private static func unescaped(_ text: Substring.UTF8View) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"), let high = hexValue(rest.popFirst()),
                let low = hexValue(rest.popFirst())
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func escaped(_ bytes: some Sequence<UInt8>, alsoEscaping other: UInt8?) -> String {
        bytes.map { byte in
            guard (0x20...0x7E).contains(byte), byte != other else {
                return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return String(UnicodeScalar(byte))
        }.joined()
    }

    public var description: String {
        switch storage {
        case .ipv4(let bytes, let port):
            "\(bytes >> 24).\(bytes >> 16 & 0xFF).\(bytes >> 8 & 0xFF).\(bytes & 0xFF):\(port)"
        case .ipv6(let high, let low, let port, _, let scope):
            "[\(Self.text(high: high, low: low))\(scope == 0 ? "" : "%\(Self.scopeName(scope))")]:\(port)"
        case .path(let name): "unix:" + Self.text(path: name)
        case .abstract(let name): "unix:@" + Self.escaped(name, alsoEscaping: backslash)
        case .unnamed: "unix:"
        }
    }

    /// A path that begins with `@` would read as an abstract name.
    private static func text(path name: [UInt8]) -> String {
        guard name.first == UInt8(ascii: "@") else { return escaped(name, alsoEscaping: backslash) }
        return "\\x40" + escaped(name.dropFirst(), alsoEscaping: backslash)
    }

    private static func text(high: UInt64, low: UInt64) -> String {
        var halves = (high.bigEndian, low.bigEndian)
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            guard let text = unsafe inet_ntop(AF_INET6, &halves, start, socklen_t(INET6_ADDRSTRLEN)) else { return "" }
            return unsafe String(cString: text)
        }
    }

    private static func scopeName(_ index: UInt32) -> String {
        let name = interfaceName(index)
        return isInterfaceName(name) ? name : "\(index)"
    }

    private static func interfaceName(_ index: UInt32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
            guard let start = buffer.baseAddress, unsafe clinux_interface_name(index, start) else { return "" }
            return unsafe String(cString: start)
        }
    }
}

private let backslash = UInt8(ascii: "\\")
