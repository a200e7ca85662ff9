import Libevent
import Sockets
import Testing

@Suite("EventBuffer: size changes, streams' views")
struct EventBufferWatchingTests {
    private final class Log {
        var changes: [SizeChange] = []
    }

    @Test("each change is reported once, with what came and went")
    func reports() throws {
        let (buffer, other, log) = (try EventBuffer(), try EventBuffer(), Log())
        try buffer.append("12345")
        try buffer.onSizeChange { (_, change) in log.changes.append(change) }
        try buffer.append("678")
        try buffer.drain(6)
        try other.append("ab")
        try buffer.move(from: other)
        try other.move(first: 3, from: buffer)
        try buffer.append("")
        try buffer.drain(0)
        #expect(
            log.changes.map { [$0.before, $0.added, $0.removed] } == [[5, 3, 0], [8, 0, 6], [2, 2, 0], [4, 0, 3]]
        )
        #expect(log.changes.map(\.after) == [8, 2, 4, 1])
    }

    @Test("a cancelled observer hears nothing more, whoever cancels it and when")
    func cancelling() throws {
        let (buffer, log) = (try EventBuffer(), Log())
        var second: SizeObserver?
        let first = try buffer.onSizeChange { (_, change) in
            log.changes.append(change)
            second?.cancel()
        }
        second = try buffer.onSizeChange { (_, _) in Issue.record("called after it was cancelled") }
        try buffer.append("a")
        #expect(log.changes.count == 1)
        first.cancel()
        first.cancel()
        try buffer.append("b")
        #expect(log.changes.count == 1)
        try buffer.onSizeChange { (_, change) in log.changes.append(change) }
        try buffer.append("c")
        #expect(log.changes.last?.before == 2)
    }

    @Test("an observer that cancels itself, in its own callback, is safe")
    func cancellingItself() throws {
        let buffer = try EventBuffer()
        var observer: SizeObserver?
        var calls = 0
        observer = try buffer.onSizeChange { (_, _) in
            calls += 1
            observer?.cancel()
            observer = nil
        }
        try buffer.append("a")
        try buffer.append("b")
        #expect(calls == 1)
    }

    @Test("what a callback changes is reported afterwards, never inside")
    func nestedChange() throws {
        let (buffer, log) = (try EventBuffer(), Log())
        var depth = 0
        try buffer.onSizeChange { (buffer, change) in
            depth += 1
            #expect(depth == 1)
            log.changes.append(change)
            if change.added == 3 {
                #expect(throws: Never.self) {
                    try buffer.drain(1)
                    try buffer.append("de")
                }
            }
            depth -= 1
        }
        try buffer.append("abc")
        #expect(log.changes.map { [$0.before, $0.added, $0.removed] } == [[0, 3, 0], [3, 2, 1]])
        #expect(try buffer.removeBytes(4) == Array("bcde".utf8))
    }

    @Test("a callback that changes the buffer every time comes to an end")
    func endlessChange() throws {
        let (buffer, log) = (try EventBuffer(), Log())
        let observer = try buffer.onSizeChange { (buffer, change) in
            log.changes.append(change)
            #expect(throws: Never.self) { try buffer.append("x") }
        }
        try buffer.append("a")
        let counted = log.changes.reduce(0) { $0 + $1.added }
        #expect(log.changes.count < 1_000)
        #expect(counted == buffer.count - 1)
        observer.cancel()
        try buffer.removeAll()
    }

    @Test("observers of both sides of a move may change both")
    func changeDuringMove() throws {
        let (from, to) = (try EventBuffer(), try EventBuffer())
        try from.append(contentsOf: (0..<3_000).map { UInt8(truncatingIfNeeded: $0) })
        try from.onSizeChange { (from, _) in #expect(throws: Never.self) { try from.removeAll() } }
        try to.onSizeChange { (to, _) in
            #expect(throws: Never.self) {
                try from.removeAll()
                try to.drain(to.count / 2)
            }
        }
        try to.move(first: 1_000, from: from)
        #expect(from.isEmpty && to.count < 1_000)
        try from.append("abc")
        try to.move(from: from)
        #expect(from.isEmpty)
    }

    @Test("a buffer may be given up in its own callback")
    func freedInCallback() throws {
        var buffer: EventBuffer? = try EventBuffer()
        var calls = 0
        try buffer?.onSizeChange { (_, _) in
            calls += 1
            buffer = nil
        }
        try buffer?.append("a")
        #expect(calls == 1 && buffer == nil)
    }

    @Test("an observer that outlives its buffer may be cancelled")
    func outliving() throws {
        let observer = try EventBuffer().onSizeChange { (_, _) in }
        observer.cancel()
    }

    @Test("sharers hear nothing of a buffer that is gone")
    func goneSource() throws {
        let target = try EventBuffer()
        do {
            let source = try EventBuffer()
            try source.append("abc")
            try source.onSizeChange { (_, _) in Issue.record("the source did not change") }
            try target.append(referencing: source)
        }
        #expect(try target.removeBytes(3) == Array("abc".utf8))
    }

    // MARK: The views of a stream

    /// A stream's input, as its view sees it, beside the buffer behind it.
    private func view(of stream: EventBuffer, frozen: BufferEnd) throws -> EventBuffer {
        try unsafe stream.withUnsafeHandle { unsafe EventBuffer(borrowing: $0, frozen: frozen) }
    }

    @Test("a stream's ends are its own")
    func streamEnds() throws {
        let stream = try EventBuffer()
        try stream.append("abcdef")
        let input = try view(of: stream, frozen: .back)
        let output = try view(of: stream, frozen: .front)
        expectError(.frozen) { try input.append("x") }
        expectError(.frozen) { try input.move(from: try EventBuffer()) }
        expectError(.frozen) { try output.drain(1) }
        expectError(.frozen) { try output.prepend("x") }
        for end in BufferEnd.allCases {
            expectError(.unsupported) { try input.unfreeze(end) }
            expectError(.unsupported) { try output.freeze(end) }
        }
        let own = try EventBuffer()
        expectError(.unsupported) { try own.append(referencing: input) }
        #expect(try input.removeBytes(2) == Array("ab".utf8))
        #expect(try output.copyBytes(4) == Array("cdef".utf8))
        try own.move(from: input)
        try output.append(referencing: own)
        #expect(stream.count == 4)
    }

    @Test("a view whose stream has gone refuses every call, and its observers hear nothing")
    func invalidated() throws {
        let stream = try EventBuffer()
        let input = try view(of: stream, frozen: .back)
        try input.onSizeChange { (_, _) in Issue.record("called after the stream was gone") }
        input.invalidate()
        input.invalidate()
        try stream.append("abc")
        let own = try EventBuffer()
        #expect(input.isEmpty)
        expectError(.closed) { try input.drain(0) }
        expectError(.closed) { try input.append("x") }
        expectError(.closed) { try input.copyBytes(0) }
        expectError(.closed) { try own.move(from: input) }
        expectError(.closed) { try input.withSegments { _ in } }
        expectError(.closed) { try input.withContiguousSpan { _ in } }
        expectError(.closed) { try input.freeze(.front) }
        expectError(.closed) { try input.onSizeChange { (_, _) in } }
        expectError(.closed) { try unsafe input.withUnsafeHandle { _ in } }
    }

    @Test("a view that goes leaves the stream's buffer alone")
    func droppedView() throws {
        let stream = try EventBuffer()
        do {
            let input = try view(of: stream, frozen: .back)
            try input.onSizeChange { (_, _) in Issue.record("called after the view was gone") }
        }
        try stream.append("abc")
        #expect(try stream.removeBytes(3) == Array("abc".utf8))
    }
}
