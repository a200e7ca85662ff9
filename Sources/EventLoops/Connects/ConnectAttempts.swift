package import Sockets
internal import SystemPackage

/// Decides which of several addresses is tried when (RFC 8305): families take turns, the next address is tried when the
/// one before has failed or has not answered for a while, and the first to answer wins. A value without sockets or clocks:
/// its owner tells what happened, and does what it answers.
package struct ConnectAttempts: Sendable {
    /// What its owner has to do next.
    package enum Step: Hashable, Sendable {
        /// Try an address, given by its number, and tell when the delay has passed.
        case begin(Int)
        /// Wait for what happens next.
        case wait
        /// Nothing is left to try, or trying makes no sense any more.
        case giveUp(IOError)
    }

    /// The addresses in the order in which they are tried.
    package let addresses: [SocketAddress]
    /// How many attempts were begun.
    private var begun = 0
    /// The attempts that failed, in the order of their failures.
    private var failures: [(attempt: Int, error: IOError)] = []

    /// - Parameter addresses: as a lookup gave them, the best first.
    package init(_ addresses: [SocketAddress]) {
        self.addresses = Self.interleaved(addresses)
    }

    /// How many addresses were not tried yet.
    package var left: Int { addresses.count - begun }

    /// How long the latest attempt has before the next begins beside it: the usual time, or its share of what is left where
    /// not every address would be tried otherwise; then no less than 10 ms (RFC 8305, section 5). All in nanoseconds.
    package func delay(usual: Int64, timeLeft: Int64) -> Int64 {
        min(usual, max(timeLeft / Int64(left + 1), 10_000_000))
    }

    package mutating func start() -> Step {
        next()
    }

    /// The delay has passed since an attempt was begun.
    package mutating func delayPassed(since attempt: Int) -> Step {
        // After a failure the next attempt has begun already, with a delay of its own.
        attempt == begun - 1 && left > 0 ? next() : .wait
    }

    /// An attempt has failed.
    package mutating func failed(_ attempt: Int, _ error: IOError) -> Step {
        // The task or the loop has ended, and with it every other attempt.
        if error.code == .cancelled || error.code == .closed { return .giveUp(error) }
        failures.append((attempt, error))
        return next()
    }

    private mutating func next() -> Step {
        guard left > 0 else { return failures.count == begun ? .giveUp(failure) : .wait }
        defer { begun += 1 }
        return .begin(begun)
    }

    /// What is thrown when every attempt has failed: the kind of the last failure, and the reason of each.
    private var failure: IOError {
        guard let last = failures.last else {
            return IOError("getaddrinfo", .notFound, detail: "the name has no address")
        }
        guard failures.count > 1 else { return last.error }
        let reasons = failures.sorted { $0.attempt < $1.attempt }.map { failure in
            "\(addresses[failure.attempt]): \(failure.error.errno?.description ?? failure.error.code.description)"
        }
        return IOError("connect", last.error.code, detail: reasons.joined(separator: "; "))
    }

    /// The families in turns, beginning with that of the first address.
    private static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        let preferred = addresses.filter { $0.family == addresses.first?.family }
        let others = addresses.filter { $0.family != addresses.first?.family }
        let pairs = zip(preferred, others).flatMap { [$0, $1] }
        return pairs + preferred.dropFirst(others.count) + others.dropFirst(preferred.count)
    }
}
