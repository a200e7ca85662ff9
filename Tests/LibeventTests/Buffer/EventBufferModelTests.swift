import Libevent
import SeededRandom
import Sockets
import Testing

/// Random operations on a few buffers, each beside a plain array that must stay equal to it.
@Suite("EventBuffer: model")
struct EventBufferModelTests {
    private struct Pair {
        let buffer: EventBuffer
        var model: [UInt8] = []
    }

    private final class Counts {
        var referenced = 0
        var released = 0
    }

    @Test("thousands of random operations", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func operations(seed: UInt64) throws {
        var random = RepeatableRandom(seed: seed)
        let counts = Counts()
        do {
            var pairs = try (0..<3).map { _ in Pair(buffer: try EventBuffer()) }
            for step in 0..<3_000 {
                try perform(&pairs, &random, counts)
                for pair in pairs where pair.buffer.count != pair.model.count {
                    Issue.record("seed \(seed), step \(step): \(pair.buffer.count) bytes, not \(pair.model.count)")
                    return
                }
                let checked = Int.random(in: 0..<pairs.count, using: &random)
                try #require(
                    try pairs[checked].buffer.copyBytes(pairs[checked].model.count) == pairs[checked].model,
                    "seed \(seed), step \(step)"
                )
                try trim(&pairs[checked])
            }
        }
        #expect(counts.referenced > 0 && counts.referenced == counts.released)
    }

    /// Keeps the copies cheap.
    private func trim(_ pair: inout Pair) throws {
        guard pair.model.count > 20_000 else { return }
        try pair.buffer.drain(pair.model.count - 500)
        pair.model.removeFirst(pair.model.count - 500)
    }

    private func perform(_ pairs: inout [Pair], _ random: inout RepeatableRandom, _ counts: Counts) throws {
        let (index, other) = (Int.random(in: 0..<3, using: &random), Int.random(in: 0..<3, using: &random))
        switch Int.random(in: 0..<17, using: &random) {
        case 0...5: try add(&pairs[index], &random, counts)
        case 6...9: try take(&pairs[index], &random)
        case 10...13: try look(&pairs[index], &random)
        default: try move(&pairs, index, other, &random)
        }
    }

    /// Few, so that searches and line ends find something.
    private static let values: [UInt8] = [0, 10, 13, 97, 98]

    private func bytes(_ random: inout RepeatableRandom) -> [UInt8] {
        let longest = [0, 3, 40, 600, 5_000].randomElement(using: &random) ?? 0
        return (0..<Int.random(in: 0...longest, using: &random)).map { _ in
            Self.values.randomElement(using: &random) ?? 0
        }
    }

    private func add(_ pair: inout Pair, _ random: inout RepeatableRandom, _ counts: Counts) throws {
        let new = bytes(&random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            try pair.buffer.prepend(new.span)
            pair.model.insert(contentsOf: new, at: 0)
            return
        case 1:
            let spare = Int.random(in: 0...3_000, using: &random)
            try pair.buffer.append(addingCapacity: new.count + spare) { free in
                for byte in new { free.append(byte) }
            }
        case 2:
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: new.count, alignment: 1)
            unsafe memory.copyBytes(from: new)
            counts.referenced += 1
            try unsafe pair.buffer.append(referencing: UnsafeRawBufferPointer(memory)) {
                counts.released += 1
                unsafe memory.deallocate()
            }
        case 3:
            try pair.buffer.reserveCapacity(Int.random(in: 0...9_000, using: &random))
            try pair.buffer.append(new.span)
        case 4: try pair.buffer.append(contentsOf: new.lazy.map { $0 })
        default: try pair.buffer.append(new.span)
        }
        pair.model += new
    }

    private func take(_ pair: inout Pair, _ random: inout RepeatableRandom) throws {
        let length = Int.random(in: 0...pair.model.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: try pair.buffer.drain(length)
        case 1: #expect(try pair.buffer.removeBytes(length) == Array(pair.model.prefix(length)))
        case 2:
            var memory = [UInt8](repeating: 0, count: length)
            var span = memory.mutableSpan
            #expect(try pair.buffer.remove(into: &span) == length)
            #expect(memory == Array(pair.model.prefix(length)))
        case 3:
            expectError(.outOfRange) { try pair.buffer.drain(pair.model.count + 1) }
            return
        default:
            let end = pair.model.firstIndex(of: 10)
            let line = try pair.buffer.readLine(.lf, longest: .max)
            #expect(line == end.map { Array(pair.model[..<$0]) })
            if let end { pair.model.removeFirst(end + 1) }
            return
        }
        pair.model.removeFirst(length)
    }

    private func look(_ pair: inout Pair, _ random: inout RepeatableRandom) throws {
        let offset = Int.random(in: 0...pair.model.count, using: &random)
        let length = Int.random(in: 0...(pair.model.count - offset), using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            let seen = try pair.buffer.withSegments(from: offset, count: length) { segments in
                var bytes: [UInt8] = []
                for index in 0..<segments.count {
                    let span = segments[index]
                    for position in span.indices { bytes.append(span[position]) }
                }
                return bytes
            }
            #expect(seen == Array(pair.model[offset..<(offset + length)]))
        case 1:
            let seen = try pair.buffer.withContiguousSpan(first: length) { span in span.indices.map { span[$0] } }
            #expect(seen == Array(pair.model[..<length]))
        default:
            let wanted = Int.random(in: 1...3, using: &random)
            let pattern: [UInt8] = (0..<wanted).map { _ in Self.values.randomElement(using: &random) ?? 0 }
            let found = try pair.buffer.firstIndex(of: pattern.span, from: offset, to: offset + length)
            let range = pair.model[offset..<(offset + length)]
            #expect(found == range.indices.first { range[$0...].starts(with: pattern) })
        }
    }

    private func move(_ pairs: inout [Pair], _ index: Int, _ other: Int, _ random: inout RepeatableRandom) throws {
        guard index != other else { return }
        let (target, source) = (pairs[index].buffer, pairs[other].buffer)
        let length = Int.random(in: 0...pairs[other].model.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            try target.move(from: source)
            pairs[index].model += pairs[other].model
            pairs[other].model = []
        case 1:
            try target.prepend(from: source)
            pairs[index].model = pairs[other].model + pairs[index].model
            pairs[other].model = []
        case 2:
            try target.move(first: length, from: source)
            pairs[index].model += pairs[other].model.prefix(length)
            pairs[other].model.removeFirst(length)
        default:
            do {
                try target.append(referencing: source)
            } catch  where error.code == .unsupported {
                return
            }
            pairs[index].model += pairs[other].model
        }
    }
}
