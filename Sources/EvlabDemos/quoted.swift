/// Bytes as they are shown to a person: in quotes, at most 60 of them, what cannot be printed in hexadecimal.
func quoted(_ bytes: Span<UInt8>) -> String {
    let most = 60
    var text = "\""
    for index in 0..<min(bytes.count, most) {
        switch bytes[index] {
        case UInt8(ascii: "\n"): text += "\\n"
        case UInt8(ascii: "\r"): text += "\\r"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(bytes[index]))
        case 0x20...0x7e: text.unicodeScalars.append(UnicodeScalar(bytes[index]))
        default: text += "\\x" + (bytes[index] < 16 ? "0" : "") + String(bytes[index], radix: 16)
        }
    }
    return text + "\"" + (bytes.count > most ? "..." : "")
}

/// A number of things: "1 byte", "2 bytes".
func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
