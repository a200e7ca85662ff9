import Multiplexing
import Readiness
import Sockets

/// One of the multiplexers, chosen at run time, for tests of what they do alike.
struct AnyMultiplexer: ~Copyable, Multiplexer {
    let capabilities: Capabilities
    private var select: Select?
    private var poll: Poll?
    private var epoll: Epoll?

    init(_ kind: MultiplexerKind) throws(IOError) {
        switch kind {
        case .select:
            let select = try Select()
            capabilities = select.capabilities
            self.select = consume select
            poll = nil
            epoll = nil
        case .poll:
            let poll = try Poll()
            capabilities = poll.capabilities
            self.poll = consume poll
            select = nil
            epoll = nil
        case .epoll:
            let epoll = try Epoll()
            capabilities = epoll.capabilities
            self.epoll = consume epoll
            select = nil
            poll = nil
        }
    }

    mutating func add(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError) {
        try select?.add(holder, for: interest, trigger: trigger, token: token)
        try poll?.add(holder, for: interest, trigger: trigger, token: token)
        try epoll?.add(holder, for: interest, trigger: trigger, token: token)
    }

    mutating func modify(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest,
        trigger: Trigger,
        token: Token
    ) throws(IOError) {
        try select?.modify(holder, for: interest, trigger: trigger, token: token)
        try poll?.modify(holder, for: interest, trigger: trigger, token: token)
        try epoll?.modify(holder, for: interest, trigger: trigger, token: token)
    }

    mutating func rearm(
        _ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable,
        for interest: Interest?
    ) throws(IOError) {
        try select?.rearm(holder, for: interest)
        try poll?.rearm(holder, for: interest)
        try epoll?.rearm(holder, for: interest)
    }

    mutating func remove(_ holder: borrowing some DescriptorHolder & ~Copyable & ~Escapable) throws(IOError) {
        try select?.remove(holder)
        try poll?.remove(holder)
        try epoll?.remove(holder)
    }

    @discardableResult
    mutating func wait(into batch: inout EventBatch, until deadline: MonotonicInstant?) throws(IOError) -> Int {
        if let count = try select?.wait(into: &batch, until: deadline) { return count }
        if let count = try poll?.wait(into: &batch, until: deadline) { return count }
        return try epoll?.wait(into: &batch, until: deadline) ?? 0
    }

    @discardableResult
    mutating func wait(into batch: inout EventBatch, upTo limit: Duration?) throws(IOError) -> Int {
        if let count = try select?.wait(into: &batch, upTo: limit) { return count }
        if let count = try poll?.wait(into: &batch, upTo: limit) { return count }
        return try epoll?.wait(into: &batch, upTo: limit) ?? 0
    }
}
