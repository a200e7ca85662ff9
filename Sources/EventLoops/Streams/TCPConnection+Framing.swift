public import Sockets

extension TCPConnection {
    /// What an earlier read left over, as a chunk.
    func takeFromInbox() -> Chunk? {
        guard var rest = inbox.take() else { return nil }
        let block = unsafe loop.takeBlock()
        let count = unsafe rest.move(into: block._withUnsafeGuaranteedRef { unsafe $0.room })
        keep(rest)
        return unsafe Chunk(block, count: count)
    }

    /// An empty inbox is none: an idle connection holds no memory for it.
    private func keep(_ rest: Inbox) {
        inbox = rest.count > 0 ? rest : nil
    }

    /// Exactly so many bytes, or `nil` when the peer has finished and none is left.
    ///
    /// When it throws, what has come is kept for the next read. All of them are collected in memory: a number that the peer
    /// has sent should be compared with a limit first.
    ///
    /// - Throws: `connectionAborted` when the peer finishes before they have all come; `outOfRange` for a negative number;
    ///   the rest as ``read()``.
    nonisolated(nonsending) public func read(exactly count: Int) async throws(IOError) -> [UInt8]? {
        guard count >= 0 else { throw IOError("read", .outOfRange, detail: "\(count) bytes; use 0 or more") }
        guard try await collect({ $0.count >= count }) else {
            let found = inbox?.count ?? 0
            guard found > 0 else { return count == 0 ? [] : nil }
            let detail = "the peer finished after \(found) of \(count) bytes"
            throw IOError("read", .connectionAborted, detail: detail)
        }
        return take(count)
    }

    /// The bytes up to a delimiter, which is passed over, or `nil` when the peer has finished and none is left. What the
    /// peer sends last may lack the delimiter.
    ///
    /// When it throws, what has come is kept for the next read.
    ///
    /// - Parameters:
    ///   - delimiter: the byte that ends what is read.
    ///   - limit: the most bytes before the delimiter.
    /// - Throws: `outOfRange` when more come without a delimiter; the rest as ``read()``.
    nonisolated(nonsending) public func read(
        until delimiter: UInt8,
        limit: Int = 65_536
    ) async throws(IOError) -> [UInt8]? {
        try await read(DelimiterSearch(delimiter, limit: limit))
    }

    /// The next line as text, without its end (LF or CRLF), or `nil` when the peer has finished. A CR that no LF follows
    /// belongs to the line. What is not UTF-8 is replaced.
    ///
    /// When it throws, what has come is kept for the next read.
    ///
    /// - Parameter limit: the most bytes of the line, its end not counted.
    /// - Throws: as ``read(until:limit:)``.
    nonisolated(nonsending) public func readLine(limit: Int = 65_536) async throws(IOError) -> String? {
        guard let bytes = try await read(DelimiterSearch(0x0A, limit: limit, passesReturn: true)) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    nonisolated(nonsending) private func read(_ wanted: DelimiterSearch) async throws(IOError) -> [UInt8]? {
        var search = wanted
        guard try await collect({ (inbox) throws(IOError) in try search.finds(in: inbox) }) else {
            guard let rest = inbox?.count else { return nil }
            guard rest <= search.limit else { throw search.tooLong }
            return take(rest)
        }
        let bytes = take(search.found.count)
        _ = take(search.found.delimiter)
        return bytes
    }

    private func take(_ count: Int) -> [UInt8] {
        guard var rest = inbox.take() else { return [] }
        let bytes = rest.take(count)
        keep(rest)
        return bytes
    }

    /// Reads until `isComplete` says so; `false` when the peer finished before.
    nonisolated(nonsending) private func collect(
        _ isComplete: (Inbox) throws(IOError) -> Bool
    ) async throws(IOError) -> Bool {
        _ = try mustWaitForInput()
        while true {
            if let inbox, try isComplete(inbox) { return true }
            guard let chunk = try await readMore() else { return false }
            guard var more = inbox.take() else {
                inbox = Inbox(chunk.bytes)
                continue
            }
            more.append(chunk.span)
            inbox = more
        }
    }
}
