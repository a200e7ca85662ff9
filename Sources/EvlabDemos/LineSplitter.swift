/// Cuts a stream into lines that end with LF, or with CR LF as telnet sends them.
struct LineSplitter {
    enum Line: Equatable {
        case text(String)
        /// More bytes than are allowed; what they were is not kept.
        case tooLong
    }

    let longest: Int
    private var line: [UInt8] = []
    private var isTooLong = false

    /// - Parameter longest: the most bytes of a line, its end not counted.
    init(longest: Int) {
        self.longest = longest
    }

    /// Calls `body` with each line that is complete now; the rest is kept for the next call.
    mutating func take(_ bytes: Span<UInt8>, _ body: (Line) -> Void) {
        for index in bytes.indices {
            guard bytes[index] == UInt8(ascii: "\n") else {
                keep(bytes[index])
                continue
            }
            body(endLine())
        }
    }

    /// The last line, if the stream ended without an end of line.
    mutating func takeRest() -> Line? {
        line.isEmpty && !isTooLong ? nil : endLine()
    }

    private mutating func keep(_ byte: UInt8) {
        // One more for a CR that may belong to the end.
        guard line.count <= longest else { return isTooLong = true }
        line.append(byte)
    }

    private mutating func endLine() -> Line {
        defer {
            line = []
            isTooLong = false
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !isTooLong, line.count <= longest else { return .tooLong }
        // Without that one user could play tricks on another's terminal.
        return .text(TerminalText.line(line))
    }
}
