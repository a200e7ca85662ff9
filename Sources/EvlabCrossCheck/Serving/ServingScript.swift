internal import SeededRandom

/// What the clients of a server do, made from a seed.
package struct ServingScript: Hashable, Sendable {
    package let service: Service
    package let steps: [ServingStep]

    package init(_ service: Service, _ steps: [ServingStep]) {
        self.service = service
        self.steps = steps
    }

    package init(seed: UInt64) {
        var random = RepeatableRandom(seed: seed)
        // The echo is served in more ways.
        service = random.below(4) == 0 ? .chat : .echo
        var generator = ServingGenerator(service, random)
        let count = random.number(in: 10...40)
        steps = (0..<count).map { _ in generator.next() }
    }
}
