internal import Readiness
internal import SystemPackage

/// What the model knows of one open file: a socket, one end of a pipe, a counter.
struct FileModel {
    enum Kind {
        case tcp, tcpUnconnected, tcpListener, unixListener, unixStream, unixDatagram, unixSequentialPackets
        case pipeReader, pipeWriter, counter, udp, file
    }

    let kind: Kind
    /// The file at the other end, also when it is closed.
    var peer: Int?
    /// How many descriptors the file has; a connection that nobody has accepted has none.
    var holders = 1
    var isClosed = false

    /// Bytes to read, of a stream; of TCP those too that are still on their way.
    var unread = 0
    /// The writes that are not read yet: of a socket of messages each is a message.
    var writes: [Int] = []
    /// The way out.
    var room = Room.free
    var isReceiveShut = false
    var isSendShut = false
    /// The pending error.
    var error: Errno?

    /// The other end of the stream, or of the pipe, has ended it.
    var hasReceivedEnd = false

    // TCP only.
    var hasSentEnd = false
    var wasReset = false
    /// The end went to a peer that is closed. How long, and whether, the kernel remembers such a peer depends on how many the
    /// machine has had (tcp_max_tw_buckets, tcp_fin_timeout); if it does not, it answers with a reset.
    var mayBeReset = false
    var urgent: UrgentByte?
    var isUrgentInline = false
    /// Connections that wait to be accepted.
    var waiting: [Int] = []

    /// The value of a counter.
    var count: UInt64 = 0

    // What has happened since the observers were last told.

    /// What came, which an edge must report even where it was there before.
    var arrived: ReadyEvents = []
    var wasTouched = false

    init(_ kind: Kind, peer: Int? = nil) {
        self.kind = kind
        self.peer = peer
    }

    static let largestCount = UInt64.max - 1

    /// What a connection that waits at a listener is; `nil` for what does not listen.
    var connection: Kind? {
        switch kind {
        case .tcpListener: .tcp
        case .unixListener: .unixStream
        default: nil
        }
    }

    /// Whether the kernel keeps the borders between writes.
    var hasMessages: Bool {
        switch kind {
        case .unixDatagram, .unixSequentialPackets, .udp: true
        default: false
        }
    }

    /// Nothing that one side of a TCP connection does reaches the other any more.
    var isOver: Bool { wasReset || (hasSentEnd && hasReceivedEnd) }
}

extension FileModel {
    /// What `poll(2)` says of the file.
    var prediction: Prediction {
        switch kind {
        case .tcp: tcpPrediction
        case .tcpUnconnected: Prediction(certain: [.writable, .hangUp])
        case .tcpListener, .unixListener: Prediction(certain: waiting.isEmpty ? [] : .readable)
        case .unixStream, .unixDatagram, .unixSequentialPackets, .udp: socketPrediction
        case .pipeReader: pipeReaderPrediction
        case .pipeWriter: withRoom(hasReceivedEnd ? .error : [])
        case .counter: counterPrediction
        case .file: Prediction(certain: [.readable, .writable])
        }
    }

    private func withRoom(_ events: ReadyEvents) -> Prediction {
        switch room {
        case .free: Prediction(certain: events.union(.writable))
        case .full: Prediction(certain: events)
        case .open: Prediction(certain: events, open: .writable)
        }
    }

    /// What both halves' ends show as, and a pending error.
    private func ends(_ receive: Bool, _ send: Bool) -> ReadyEvents {
        var events: ReadyEvents = error == nil ? [] : .error
        if receive { events.formUnion([.readable, .peerClosed]) }
        if receive && send { events.insert(.hangUp) }
        return events
    }

    private var socketPrediction: Prediction {
        var events = ends(isReceiveShut, isSendShut)
        if unread > 0 || !writes.isEmpty { events.insert(.readable) }
        return withRoom(events)
    }

    private var tcpPrediction: Prediction {
        let sendIsOver = isSendShut || wasReset
        var events = ends(isReceiveShut || hasReceivedEnd || wasReset, sendIsOver)
        if unread >= leastReadable { events.insert(.readable) }
        if let urgent, !urgent.wasTaken { events.insert(.priority) }
        guard sendIsOver else { return withRoom(events) }
        return Prediction(certain: events.union(.writable), open: mayBeReset ? .error : [])
    }

    /// An out-of-band byte that comes next is not in the stream, so it alone makes nothing readable.
    private var leastReadable: Int {
        guard let urgent, urgent.offset == 0, !isUrgentInline else { return 1 }
        return 2
    }

    private var pipeReaderPrediction: Prediction {
        var events: ReadyEvents = unread > 0 ? .readable : []
        if hasReceivedEnd { events.insert(.hangUp) }
        return Prediction(certain: events)
    }

    private var counterPrediction: Prediction {
        var events: ReadyEvents = count > 0 ? .readable : []
        if count < Self.largestCount { events.insert(.writable) }
        return Prediction(certain: events)
    }
}
