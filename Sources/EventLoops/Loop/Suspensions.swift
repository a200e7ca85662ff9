#if DEBUG
    internal import Synchronization

    /// How many tasks were suspended and resumed so far, for tests: an unsafe continuation does not say when it is resumed
    /// twice.
    package enum Suspensions {
        private static let begun = Atomic(0)
        private static let ended = Atomic(0)

        static func begin() {
            begun.wrappingAdd(1, ordering: .relaxed)
        }

        static func end() {
            ended.wrappingAdd(1, ordering: .relaxed)
        }

        /// How many tasks are suspended now; only what is read when nothing else runs means anything.
        package static var outstanding: Int {
            begun.load(ordering: .relaxed) - ended.load(ordering: .relaxed)
        }

        /// How many tasks were suspended.
        package static var total: Int { begun.load(ordering: .relaxed) }
    }
#endif
