/// What a client does next, and what must come of it.
enum ServingAction: Hashable {
    case connect
    case send([UInt8])
    case sendOutOfBand
    /// Reads exactly these bytes.
    case expect([UInt8])
    case halfClose
    /// Reads the end of the stream, before which nothing more comes, and closes.
    case expectEnd
    case close
    case reset

    /// What the client sees when all is well.
    var events: [ServingEvent] {
        switch self {
        case .connect: [.opened]
        case .expect(let bytes): [.data(bytes.count)]
        case .expectEnd: [.halfClosed, .closed]
        case .close, .reset: [.closed]
        case .send, .sendOutOfBand, .halfClose: []
        }
    }
}
