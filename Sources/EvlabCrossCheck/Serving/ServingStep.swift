/// One step of a script for clients, which have numbers. A client reads only where a step says so: in between it pauses.
///
/// A step that does not apply, because shrinking took away what it needs, does nothing.
package enum ServingStep: Hashable, Sendable {
    /// A new connection.
    case connect(Int)
    /// The client shuts its sending half, reads what is still due and the end, and closes.
    case end(Int)
    /// The client closes at once, whatever is due.
    case close(Int)
    /// The same, and its kernel tells the server by a reset (SO_LINGER of 0 seconds).
    case reset(Int)

    // Of an echo.

    /// Sends so many bytes, and goes on at once.
    case send(Int, bytes: Int)
    case sendOutOfBand(Int)
    /// Reads so many of the bytes that are due.
    case receive(Int, bytes: Int)
    case receiveAll(Int)
    /// Sends no more; what is due is read by other steps.
    case halfClose(Int)

    // Of a chat.

    /// Gives its name.
    case introduce(Int)
    /// Gives a name that the room does not take.
    case introduceBadly(Int)
    /// Says so many lines of so many bytes in one go, cut in the middle of a line.
    case say(Int, lines: Int, bytes: Int)
    /// Says a line that the room does not pass on.
    case sayTooMuch(Int)
    /// Reads no more, until ``resume(_:)``.
    case pause(Int)
    case resume(Int)
}

extension ServingStep: CustomStringConvertible {
    /// The step as it is written in a Swift program.
    package var description: String {
        switch self {
        case .connect(let client): ".connect(\(client))"
        case .end(let client): ".end(\(client))"
        case .close(let client): ".close(\(client))"
        case .reset(let client): ".reset(\(client))"
        case .send(let client, let bytes): ".send(\(client), bytes: \(bytes))"
        case .sendOutOfBand(let client): ".sendOutOfBand(\(client))"
        case .receive(let client, let bytes): ".receive(\(client), bytes: \(bytes))"
        case .receiveAll(let client): ".receiveAll(\(client))"
        case .halfClose(let client): ".halfClose(\(client))"
        case .introduce(let client): ".introduce(\(client))"
        case .introduceBadly(let client): ".introduceBadly(\(client))"
        case .say(let client, let lines, let bytes): ".say(\(client), lines: \(lines), bytes: \(bytes))"
        case .sayTooMuch(let client): ".sayTooMuch(\(client))"
        case .pause(let client): ".pause(\(client))"
        case .resume(let client): ".resume(\(client))"
        }
    }

    /// The kind, for counting.
    package var kind: String { String(description.dropFirst().prefix { $0 != "(" }) }

    /// Every kind.
    package static let kinds = [
        ServingStep.connect(0), .end(0), .close(0), .reset(0), .send(0, bytes: 0), .sendOutOfBand(0),
        .receive(0, bytes: 0), .receiveAll(0), .halfClose(0), .introduce(0), .introduceBadly(0),
        .say(0, lines: 0, bytes: 0), .sayTooMuch(0), .pause(0), .resume(0),
    ].map(\.kind)
}
