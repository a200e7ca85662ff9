internal import Readiness
internal import Sockets
internal import SystemPackage

/// What the world should look like, by what was done to it and nothing else: an account of what the kernel documents and
/// does, to which its answers are compared.
struct Model {
    private(set) var files: [FileModel] = []
    /// The open descriptors, by number; several may be of one file.
    private(set) var descriptors: [DescriptorID: Int] = [:]

    // What the limits keep simple: fewer unread writes than these never fill a buffer.
    private static let mostPipeWrites = 12
    private static let mostSocketWrites = 24
    static let mostWaiting = 8
    private static let mostDescriptors = 16

    func file(_ id: DescriptorID) -> FileModel? {
        descriptors[id].map { files[$0] }
    }

    /// Changes the file of a descriptor.
    private mutating func change(_ index: Int, _ body: (inout FileModel) -> Void) {
        body(&files[index])
    }

    private mutating func open(_ file: FileModel) -> Int {
        files.append(file)
        return files.count - 1
    }

    /// The observers have been told of what happened.
    mutating func forgetTouches() {
        for index in files.indices where files[index].wasTouched {
            files[index].wasTouched = false
            files[index].arrived = []
        }
    }

    private mutating func touch(_ index: Int) {
        files[index].wasTouched = true
    }

    private mutating func touchBoth(_ index: Int) {
        touch(index)
        if let peer = files[index].peer { touch(peer) }
    }

    /// Something came to a file; an edge must say so.
    private mutating func arrive(_ events: ReadyEvents, at index: Int) {
        files[index].arrived.formUnion(events)
        touch(index)
    }

    private func isAlive(_ index: Int?) -> Bool {
        guard let index else { return false }
        return !files[index].isClosed
    }

    // MARK: What applies

    /// Whether an operation makes sense now. The answer depends on earlier operations only, not on time.
    func allows(_ operation: Operation) -> Bool {
        switch operation {
        case .make(let kind, let first, let second): allowsMaking(kind, first, second)
        case .write(let id, _): file(id).map(allowsWriting) ?? false
        case .read(let id, _), .drain(let id): file(id).map(Self.isReadable) ?? false
        case .fill(let id): file(id).map(allowsFilling) ?? false
        case .shutDown(let id, let half): file(id).map { allowsShutdown($0, half) } ?? false
        case .close(let id): file(id).map(allowsClosing) ?? false
        // With a duplicate, epoll keeps the registration of a number that nobody has any more.
        case .closeUntold(let id): file(id).map { allowsClosing($0) && $0.holders == 1 } ?? false
        case .reset(let id): file(id).map { $0.kind == .tcp && $0.holders == 1 } ?? false
        case .sendOutOfBand(let id): file(id).map(allowsUrgent) ?? false
        case .receiveOutOfBand(let id): file(id)?.kind == .tcp
        case .takeOutOfBandInline(let id): file(id).map { $0.kind == .tcp && $0.urgent == nil } ?? false
        case .takeError(let id): file(id).map(Self.isSocket) ?? false
        case .connect(let id, let listener): isFree(id) && listenerHasRoom(listener)
        case .connectInVain(let id): isFree(id)
        case .accept(let id, let listener): isFree(id) && file(listener)?.waiting.isEmpty == false
        case .duplicate(let id, let copy): file(id) != nil && isFree(copy)
        case .replace(let id, let kind, let first, let second):
            file(id).map(allowsClosing) ?? false && allowsMaking(kind, first, second)
        case .register(_, let id, _), .modify(_, let id, _), .rearm(_, let id), .remove(_, let id): file(id) != nil
        case .wake, .wait, .lookAway, .holdEvents: true
        }
    }

    private func isFree(_ id: DescriptorID) -> Bool {
        descriptors[id] == nil && descriptors.count < Self.mostDescriptors
    }

    private func allowsMaking(_ kind: DescriptorKind, _ first: DescriptorID, _ second: DescriptorID?) -> Bool {
        guard isFree(first), kind.hasTwoEnds == (second != nil) else { return false }
        return second.map { $0 != first && isFree($0) } ?? true
    }

    private static func isSocket(_ file: FileModel) -> Bool {
        switch file.kind {
        case .tcp, .unixStream, .unixDatagram, .unixSequentialPackets, .udp: true
        case .tcpUnconnected, .tcpListener, .unixListener, .pipeReader, .pipeWriter, .counter, .file: false
        }
    }

    private static func isReadable(_ file: FileModel) -> Bool {
        isSocket(file) || file.kind == .pipeReader || file.kind == .counter
    }

    private func allowsWriting(_ file: FileModel) -> Bool {
        guard Self.isSocket(file) || file.kind == .pipeWriter || file.kind == .counter else { return false }
        guard file.room == .free, let peer = file.peer else { return true }
        return files[peer].writes.count < (file.kind == .pipeWriter ? Self.mostPipeWrites : Self.mostSocketWrites)
    }

    /// A datagram that does not fit is dropped, so UDP is never full.
    private func allowsFilling(_ file: FileModel) -> Bool {
        switch file.kind {
        case .udp: false
        // What is sent to a peer that has gone is answered by a reset, at some time during the filling.
        case .tcp: isAlive(file.peer) && !file.isOver && allowsUrgent(file) && !isDeaf(file.peer)
        default: allowsWriting(file)
        }
    }

    private func allowsUrgent(_ file: FileModel) -> Bool {
        file.kind == .tcp && file.room == .free && allowsWriting(file)
    }

    private func allowsShutdown(_ file: FileModel, _ half: Half) -> Bool {
        guard Self.isSocket(file) else { return false }
        guard file.kind == .tcp else { return true }
        // Bytes that are under way would find a socket that refuses them, at some time.
        if let peer = file.peer, files[peer].room != .free { return false }
        return half == .reading || !isSending(file)
    }

    /// A TCP socket that has shut its reading half does not say that it has room again: the writer's timer must find out.
    private func isDeaf(_ index: Int?) -> Bool {
        index.map { files[$0].isReceiveShut } ?? false
    }

    /// The end of a TCP stream that is full arrives only when all before it was read: too long a story.
    private func isSending(_ file: FileModel) -> Bool {
        file.room != .free && !file.isOver && !file.hasSentEnd
    }

    private func allowsClosing(_ file: FileModel) -> Bool {
        file.kind != .tcp || file.holders > 1 || file.unread > 0 || !isSending(file)
    }

    private func listenerHasRoom(_ id: DescriptorID) -> Bool {
        guard let file = file(id), file.connection != nil else { return false }
        return file.waiting.count < Self.mostWaiting
    }

    // MARK: What happens

    /// Takes an operation into account that was allowed and has been done.
    mutating func apply(_ operation: Operation, _ outcome: Outcome) {
        let before = files.map(\.prediction)
        perform(operation, outcome)
        for index in before.indices where files[index].wasTouched {
            noteTransitions(index, before[index])
        }
    }

    /// What is ready now and certainly was not before must be told, however it came about.
    private mutating func noteTransitions(_ index: Int, _ before: Prediction) {
        let was = before.certain.union(before.open)
        let now = files[index].prediction
        files[index].arrived.formUnion(now.certain.subtracting(now.open).subtracting(was))
    }

    private mutating func perform(_ operation: Operation, _ outcome: Outcome) {
        switch operation {
        case .make(let kind, let first, let second): make(kind, first, second)
        case .connect(let id, let listener): connect(id, to: listener)
        case .connectInVain(let id): connectInVain(id)
        case .accept(let id, let listener): accept(id, from: listener)
        case .duplicate(let id, let copy): duplicate(id, as: copy)
        case .replace(let id, let kind, let first, let second):
            close(id)
            make(kind, first, second)
        case .close(let id), .closeUntold(let id): close(id)
        case .reset(let id): close(id, resetting: true)
        default: performOnOpen(operation, outcome)
        }
    }

    private mutating func performOnOpen(_ operation: Operation, _ outcome: Outcome) {
        switch operation {
        case .write(let id, let count): on(id, outcome) { $0.wrote($1, outcome, of: count) }
        case .fill(let id): on(id, outcome) { $0.filled($1, outcome) }
        case .read(let id, let count): on(id, outcome) { $0.read($1, outcome.count, of: count) }
        case .drain(let id): on(id, outcome) { $0.drained($1, outcome.count) }
        case .shutDown(let id, let half): on(id, outcome) { $0.shutDown($1, half) }
        case .sendOutOfBand(let id): on(id, outcome) { if outcome.count > 0 { $0.sentUrgent($1) } }
        case .receiveOutOfBand(let id): on(id, outcome) { if outcome.count > 0 { $0.tookUrgent($1) } }
        case .takeOutOfBandInline(let id): on(id, outcome) { $0.files[$1].isUrgentInline = true }
        case .takeError(let id): on(id, outcome) { $0.tookError($1) }
        default: break
        }
    }

    private mutating func on(_ id: DescriptorID, _ outcome: Outcome, _ body: (inout Model, Int) -> Void) {
        guard let index = descriptors[id] else { return }
        touchBoth(index)
        // Reported once, to whoever asks first.
        if outcome.error != nil, outcome.error == files[index].error { files[index].error = nil }
        if outcome.error == .brokenPipe { files[index].mayBeReset = false }
        if files[index].kind == .unixDatagram, outcome.error == .connectionRefused {
            // A write has shown that the peer is closed: the kernel throws away what it had sent before.
            files[index].writes = []
        }
        body(&self, index)
    }

    // MARK: Opening

    private mutating func make(_ kind: DescriptorKind, _ first: DescriptorID, _ second: DescriptorID?) {
        switch kind {
        case .tcp, .tcpIPv6: makePair(.tcp, .tcp, first, second)
        case .unixStream: makePair(.unixStream, .unixStream, first, second)
        case .unixDatagram: makePair(.unixDatagram, .unixDatagram, first, second)
        case .unixSequentialPackets: makePair(.unixSequentialPackets, .unixSequentialPackets, first, second)
        case .pipe: makePair(.pipeReader, .pipeWriter, first, second)
        case .udp: makePair(.udp, .udp, first, second)
        case .udpUnanswered: descriptors[first] = open(FileModel(.udp))
        case .tcpUnconnected: descriptors[first] = open(FileModel(.tcpUnconnected))
        case .tcpListener, .tcpIPv6Listener: descriptors[first] = open(FileModel(.tcpListener))
        case .unixListener: descriptors[first] = open(FileModel(.unixListener))
        case .counter: descriptors[first] = open(FileModel(.counter))
        case .file: descriptors[first] = open(FileModel(.file))
        }
    }

    private mutating func makePair(
        _ kind: FileModel.Kind,
        _ otherKind: FileModel.Kind,
        _ first: DescriptorID,
        _ second: DescriptorID?
    ) {
        let index = open(FileModel(kind))
        let other = open(FileModel(otherKind, peer: index))
        files[index].peer = other
        descriptors[first] = index
        if let second { descriptors[second] = other }
    }

    private mutating func connect(_ id: DescriptorID, to listener: DescriptorID) {
        guard let listening = descriptors[listener], let kind = files[listening].connection else { return }
        let client = open(FileModel(kind))
        var accepted = FileModel(kind, peer: client)
        accepted.holders = 0
        let server = open(accepted)
        files[client].peer = server
        descriptors[id] = client
        files[listening].waiting.append(server)
        arrive(.readable, at: listening)
    }

    private mutating func connectInVain(_ id: DescriptorID) {
        var file = FileModel(.tcp)
        file.wasReset = true
        file.error = .connectionRefused
        descriptors[id] = open(file)
    }

    private mutating func accept(_ id: DescriptorID, from listener: DescriptorID) {
        guard let listening = descriptors[listener] else { return }
        let server = files[listening].waiting.removeFirst()
        files[server].holders = 1
        descriptors[id] = server
        touch(listening)
        touch(server)
    }

    private mutating func duplicate(_ id: DescriptorID, as copy: DescriptorID) {
        guard let index = descriptors[id] else { return }
        files[index].holders += 1
        descriptors[copy] = index
    }

    // MARK: Writing

    /// A write that the kernel took so much of.
    private mutating func wrote(_ index: Int, _ outcome: Outcome, of count: Int) {
        let taken = outcome.count
        let wasRefused = outcome.error == .resourceTemporarilyUnavailable
        if files[index].kind == .counter {
            guard taken > 0 else { return }
            files[index].count += UInt64(count)
            return arrive(.readable, at: index)
        }
        if wasRefused || (1..<count).contains(taken), files[index].room == .free { files[index].room = .open }
        guard taken > 0 else { return }
        if files[index].room == .full { files[index].room = .open }
        deliver(taken, from: index)
    }

    private mutating func deliver(_ count: Int, from index: Int) {
        guard let peer = files[index].peer, !files[peer].isClosed else { return sentToNobody(index) }
        if refusesData(peer) { return resetBoth(peer, index) }
        if !files[peer].hasMessages { files[peer].unread += count }
        files[peer].writes.append(count)
        // Behind a full buffer of TCP nothing moves.
        guard files[index].kind != .tcp || files[index].room == .free else { return touch(peer) }
        arrive(.readable, at: peer)
    }

    /// Nobody has the other end any more: TCP answers with a reset, the network with "port unreachable".
    private mutating func sentToNobody(_ index: Int) {
        switch files[index].kind {
        case .tcp: reset(index)
        case .udp:
            files[index].error = .connectionRefused
            arrive(.error, at: index)
        default: break
        }
    }

    /// A TCP socket that has shut both halves answers data with a reset (RFC 1122, 4.2.2.13).
    private func refusesData(_ index: Int) -> Bool {
        let file = files[index]
        return file.kind == .tcp && file.hasSentEnd && !file.hasReceivedEnd && file.isReceiveShut
    }

    private mutating func resetBoth(_ index: Int, _ other: Int) {
        reset(index)
        reset(other)
    }

    private mutating func filled(_ index: Int, _ outcome: Outcome) {
        if files[index].kind == .counter {
            files[index].count = FileModel.largestCount
            return arrive(.readable, at: index)
        }
        if files[index].hasMessages {
            for _ in 0..<outcome.count { deliver(1, from: index) }
        } else if outcome.count > 0 {
            deliver(outcome.count, from: index)
        }
        guard outcome.error == .resourceTemporarilyUnavailable else { return }
        files[index].room = outcome.isSettled ? .full : .open
    }

    // MARK: Reading

    private mutating func read(_ index: Int, _ taken: Int, of count: Int) {
        if files[index].kind == .counter {
            files[index].count = 0
        } else if files[index].hasMessages {
            if taken > 0 { files[index].writes.removeFirst() }
        } else if files[index].kind == .tcp {
            change(index) { $0.readTCP(taken, of: count) }
        } else {
            change(index) { $0.consume(taken) }
        }
        makeRoom(for: index)
    }

    private mutating func drained(_ index: Int, _ count: Int) {
        if files[index].kind == .counter {
            files[index].count = 0
        } else if files[index].hasMessages {
            files[index].writes.removeFirst(min(count, files[index].writes.count))
        } else if files[index].kind == .tcp {
            change(index) { $0.drainTCP() }
        } else {
            change(index) { $0.consume(count) }
        }
        makeRoom(for: index)
    }

    /// What was read is room for the other end.
    private mutating func makeRoom(for reader: Int) {
        guard let writer = files[reader].peer, files[writer].room != .free else { return }
        files[writer].room = files[reader].writes.isEmpty ? .free : .open
    }

    // MARK: Ends

    private mutating func shutDown(_ index: Int, _ half: Half) {
        let receive = half != .writing
        let send = half != .reading
        switch files[index].kind {
        case .tcp:
            if receive { files[index].isReceiveShut = true }
            if send { shutTCP(index) }
        case .unixStream, .unixSequentialPackets:
            change(index) { $0.shut(receive: receive, send: send) }
            guard let peer = files[index].peer, !files[peer].isClosed else { return }
            change(peer) { $0.shut(receive: send, send: receive) }
        default:
            change(index) { $0.shut(receive: receive, send: send) }
        }
    }

    private mutating func shutTCP(_ index: Int) {
        guard !files[index].wasReset else { return }
        files[index].isSendShut = true
        sendEnd(index)
    }

    private mutating func sendEnd(_ index: Int) {
        guard !files[index].hasSentEnd else { return }
        files[index].hasSentEnd = true
        guard let peer = files[index].peer, !files[peer].wasReset else { return }
        files[index].mayBeReset = files[peer].isClosed
        files[peer].hasReceivedEnd = true
        arrive([.readable, .peerClosed], at: peer)
    }

    /// The socket learns that its connection is no more.
    private mutating func reset(_ index: Int) {
        guard !files[index].isOver else { return }
        files[index].error = files[index].hasReceivedEnd ? .brokenPipe : .connectionReset
        files[index].wasReset = true
        files[index].room = .free
        arrive([.readable, .hangUp, .error], at: index)
    }

    private mutating func close(_ id: DescriptorID, resetting: Bool = false) {
        guard let index = descriptors.removeValue(forKey: id) else { return }
        touchBoth(index)
        files[index].holders -= 1
        guard files[index].holders == 0 else { return }
        files[index].isClosed = true
        switch files[index].kind {
        case .tcp: closeTCP(index, resetting: resetting)
        case .tcpListener: for server in files[index].waiting { closeTCP(server, resetting: true) }
        case .unixListener: for server in files[index].waiting { closeUnix(server, wasAccepted: false) }
        case .unixStream, .unixSequentialPackets: closeUnix(index)
        case .unixDatagram: makeRoomForPeer(of: index)
        case .pipeReader, .pipeWriter: closePipe(index)
        default: break
        }
    }

    private mutating func closeTCP(_ index: Int, resetting: Bool) {
        files[index].isClosed = true
        guard let peer = files[index].peer, !files[index].isOver else { return }
        touch(peer)
        if resetting || files[index].unread > 0 { reset(peer) } else { sendEnd(index) }
    }

    private mutating func closeUnix(_ index: Int, wasAccepted: Bool = true) {
        files[index].isClosed = true
        guard let peer = files[index].peer, !files[peer].isClosed else { return }
        files[peer].shut(receive: true, send: true)
        if !files[index].writes.isEmpty || !wasAccepted { files[peer].error = .connectionReset }
        makeRoomForPeer(of: index)
        arrive([.readable, .peerClosed, .hangUp], at: peer)
    }

    /// What was not read is thrown away.
    private mutating func makeRoomForPeer(of index: Int) {
        if let peer = files[index].peer { files[peer].room = .free }
    }

    private mutating func closePipe(_ index: Int) {
        guard let peer = files[index].peer else { return }
        files[peer].hasReceivedEnd = true
        touch(peer)
    }

    private mutating func tookError(_ index: Int) {
        files[index].error = nil
        files[index].mayBeReset = false
    }

    // MARK: Out-of-band data

    private mutating func sentUrgent(_ index: Int) {
        guard let peer = files[index].peer, !files[peer].isClosed else { return reset(index) }
        guard !refusesData(peer) else {
            // The kernel looks for the out-of-band byte before it refuses the segment.
            files[peer].urgent = UrgentByte(offset: files[peer].unread)
            arrive(.priority, at: peer)
            return resetBoth(peer, index)
        }
        change(peer) { $0.receiveUrgent() }
        arrive([.readable, .priority], at: peer)
    }

    private mutating func tookUrgent(_ index: Int) {
        files[index].urgent?.wasTaken = true
    }
}
