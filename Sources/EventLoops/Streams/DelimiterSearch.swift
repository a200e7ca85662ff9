internal import Sockets

/// Looks for a delimiter in bytes that come in pieces; no byte is looked at twice.
struct DelimiterSearch {
    private let delimiter: UInt8
    /// The most bytes before the delimiter.
    let limit: Int
    /// Whether a CR directly before the delimiter belongs to the delimiter.
    private let passesReturn: Bool
    private var searched = 0
    /// The number of bytes before the delimiter, and of the delimiter itself.
    private(set) var found = (count: 0, delimiter: 0)

    init(_ delimiter: UInt8, limit: Int, passesReturn: Bool = false) {
        self.delimiter = delimiter
        self.limit = limit
        self.passesReturn = passesReturn
    }

    /// Whether the delimiter has come.
    ///
    /// - Throws: `outOfRange` when more bytes than the limit have come before it.
    mutating func finds(in inbox: Inbox) throws(IOError) -> Bool {
        // Another reader may have taken bytes meanwhile.
        let place = inbox.place(of: delimiter, from: min(searched, inbox.count))
        searched = place ?? inbox.count
        // The delimiter of a CR that came last may follow.
        let hasReturn = passesReturn && searched > 0 && inbox[searched - 1] == 0x0D
        let count = hasReturn ? searched - 1 : searched
        guard count <= limit else { throw tooLong }
        guard place != nil else { return false }
        found = (count, hasReturn ? 2 : 1)
        return true
    }

    /// The error for more bytes than the limit.
    var tooLong: IOError {
        IOError("read", .outOfRange, detail: "no delimiter within \(limit) bytes")
    }
}
