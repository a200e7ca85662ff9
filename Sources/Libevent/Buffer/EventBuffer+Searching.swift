internal import CLibevent
public import Sockets

extension EventBuffer {
    /// The offset of the first occurrence of `pattern` that lies whole within a range. The C function is
    /// `evbuffer_search_range`.
    ///
    /// - Parameters:
    ///   - pattern: the bytes to find; an empty pattern is found at once.
    ///   - start: where to begin, 0 to ``count``. To resume after more bytes came, begin the pattern's length less one
    ///     before the end searched so far.
    ///   - end: where the range ends, `start` to ``count``; `nil` for the end of the buffer.
    /// - Returns: the offset from the front of the buffer, `nil` when the pattern is not there.
    /// - Throws: `outOfRange`, `closed`, `unsupported` while a file is queued that is not in memory.
    public func firstIndex(
        of pattern: Span<UInt8>,
        from start: Int = 0,
        to end: Int? = nil
    ) throws(IOError) -> Int? {
        try check("evbuffer_search_range", Block.ofReading)
        try checkWithin(start, "evbuffer_search_range")
        _ = try checkRange(start, end.map { max($0, -1) - start }, "evbuffer_search_range")
        guard !pattern.isEmpty else { return start }
        var first = unsafe position(start)
        var last = unsafe position(end ?? count)
        let found = unsafe pattern.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe evbuffer_search_range(raw, start, bytes.count, &first, &last).pos
        }
        return found < 0 ? nil : found
    }

    /// The offset of the first occurrence of the UTF-8 of `text`.
    ///
    /// - Throws: as ``firstIndex(of:from:to:)-(Span<UInt8>,_,_)``.
    public func firstIndex(of text: String, from start: Int = 0, to end: Int? = nil) throws(IOError) -> Int? {
        try firstIndex(of: text.utf8.span, from: start, to: end)
    }

    /// Where the first line end is that begins at `start` or later. The C function is `evbuffer_search_eol`.
    ///
    /// `start` is 0 to ``count``. What lies before it is not looked at: resume at least one byte before the end searched so
    /// far, so that a CR there is found with its LF.
    ///
    /// - Returns: the offsets of the bytes that end the line, `nil` when the line has no end yet.
    /// - Throws: as ``firstIndex(of:from:to:)-(Span<UInt8>,_,_)``.
    public func firstLineEnd(_ ending: LineEnding, from start: Int = 0) throws(IOError) -> Range<Int>? {
        try check("evbuffer_search_eol", Block.ofReading)
        try checkWithin(start, "evbuffer_search_eol")
        var first = unsafe position(start)
        var length = 0
        let found = unsafe evbuffer_search_eol(raw, &first, &length, ending.style).pos
        return found < 0 ? nil : found..<(found + length)
    }

    /// Takes one line from the front, and its end, which is not part of the result. Zero bytes are bytes like others. The
    /// C function is `evbuffer_readln`.
    ///
    /// With ``LineEnding/any``, CR and LF bytes at the front are dropped first: they may be the rest of the end of the line
    /// before, which arrived in two parts. So no line is empty, however the bytes arrive.
    ///
    /// `longest` is the most bytes that a line may have, its end (LF, CR LF) not counted, so that a peer which never ends
    /// one cannot fill the memory. It is 0 or more.
    ///
    /// - Returns: the line, which may be empty; `nil` when it has no end yet.
    /// - Throws: `outOfRange` when the line is longer, and stays in the buffer; `busy` while spans are out, `frozen`,
    ///   `closed`, `unsupported` while a file is queued that is not in memory.
    public func readLine(_ ending: LineEnding = .crlf, longest: Int = 65_536) throws(IOError) -> [UInt8]? {
        try check("evbuffer_readln", Block.ofTaking)
        if ending == .any { try dropLineEnd() }
        let end = try firstLineEnd(ending)
        let length = if let end { end.lowerBound } else { try unendedLength(ending, longest) }
        guard length <= longest else {
            throw IOError("evbuffer_readln", .outOfRange, detail: "the line is longer than \(longest) bytes")
        }
        guard let end else { return nil }
        let line = try copyBytes(end.lowerBound)
        try drain(end.upperBound)
        return line
    }

    private func dropLineEnd() throws(IOError) {
        if let end = try firstLineEnd(.any), end.lowerBound == 0 { try drain(end.upperBound) }
    }

    /// How long a line without an end is at least: a CR at the back may be half of its end.
    private func unendedLength(_ ending: LineEnding, _ longest: Int) throws(IOError) -> Int {
        guard count > longest, !isEmpty, ending == .crlf || ending == .strictCRLF else { return count }
        return try copyBytes(1, from: count - 1) == [0x0d] ? count - 1 : count
    }
}
