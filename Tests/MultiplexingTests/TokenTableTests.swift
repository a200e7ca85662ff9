import Multiplexing
import Readiness
import Testing

@Suite("TokenTable")
struct TokenTableTests {
    /// Counts those that are alive.
    private final class Census {
        var living = 0
    }

    private struct Citizen: ~Copyable {
        let census: Census
        var name: Int

        init(_ name: Int, _ census: Census) {
            self.name = name
            self.census = census
            census.living += 1
        }

        deinit {
            census.living -= 1
        }
    }

    @Test("names states by small numbers, and those of removed ones again", arguments: [0, 1, 3, 64])
    func tokens(_ capacity: Int) {
        let census = Census()
        var table = TokenTable<Citizen>(minimumCapacity: capacity)
        let isEmpty = table.isEmpty
        #expect(isEmpty)
        var tokens: [Token] = []
        for name in 0..<100 { tokens.append(table.insert(Citizen(name, census))) }
        #expect(tokens.map(\.number) == Array(0..<100))
        let count = table.count
        #expect(count == 100 && census.living == 100)
        for name in 0..<100 {
            let found = table.withState(of: tokens[name]) { citizen in
                citizen.name += 1000
                return citizen.name
            }
            #expect(found == name + 1000)
        }
        do {
            guard let removed = table.remove(7) else {
                Issue.record("the state is gone")
                return
            }
            #expect(removed.name == 1007)
        }
        #expect(census.living == 99)
        let (seven, eight) = (table.contains(7), table.contains(8))
        #expect(!seven && eight)
        let reused = table.insert(Citizen(5, census))
        #expect(reused == 7)
    }

    @Test("knows only what it holds", arguments: [Token(0), Token(1), Token(2), Token(rawValue: .max)])
    func strangers(_ token: Token) {
        var table = TokenTable<Int>()
        _ = table.insert(10)
        let known = token == 0
        let expected = known ? 10 : nil
        let contained = table.contains(token)
        let found = table.withState(of: token) { state in state }
        let removed = table.remove(token)
        let removedAgain = table.remove(token)
        let count = table.count
        #expect(contained == known)
        #expect(found == expected && removed == expected && removedAgain == nil)
        #expect(count == (known ? 0 : 1))
    }

    @Test("lets go of what it holds, whatever the holes")
    func release() {
        let census = Census()
        do {
            var table = TokenTable<Citizen>(minimumCapacity: 2)
            for name in 0..<50 { _ = table.insert(Citizen(name, census)) }
            for token in stride(from: 0, to: 50, by: 3) { table.remove(Token(token)) }
            let left = table.count
            #expect(census.living == left)
            for name in 0..<40 { _ = table.insert(Citizen(name, census)) }
            let count = table.count
            #expect(census.living == count && count == 73)
        }
        #expect(census.living == 0)
    }
}
