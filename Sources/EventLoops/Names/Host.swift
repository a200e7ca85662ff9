internal import Sockets

/// What the text of a host stands for.
enum Host {
    /// A numeric address, or this machine: known without asking.
    case addresses([SocketAddress])
    /// A name that has to be looked up.
    case name(String)

    /// - Throws: `invalidAddress` for text that is neither an address nor a name.
    init(_ text: String, port: UInt16) throws(IOError) {
        // No name has a colon or a bracket; the error says what is wrong with the address.
        if text.contains(":") || text.hasPrefix("[") {
            self = .addresses([try SocketAddress(host: text, port: port)])
        } else if let numeric = try? SocketAddress(host: text, port: port) {
            self = .addresses([numeric])
        } else {
            try Self.check(text)
            let isLocal = Self.isThisMachine(text)
            self = isLocal ? .addresses([.loopbackIPv6(port: port), .loopback(port: port)]) : .name(text)
        }
    }

    /// What a name may be (RFC 1035): refused here, before anything else reads it.
    private static func check(_ text: String) throws(IOError) {
        let bytes = text.utf8
        let isPrintable = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !bytes.isEmpty, bytes.count <= 253, isPrintable else {
            throw IOError("getaddrinfo", .invalidAddress, detail: "a host name has 1 to 253 printable characters")
        }
    }

    /// `localhost` and the names below it always mean the loopback addresses (RFC 6761, section 6.3).
    private static func isThisMachine(_ text: String) -> Bool {
        let name = text.lowercased()
        let bare = name.hasSuffix(".") ? name.dropLast() : name[...]
        return bare == "localhost" || bare.hasSuffix(".localhost")
    }
}
