public import Readiness

/// The arrivals of some signals. Equal ones that arrive before they are taken count once, as pending signals do.
///
/// While a sequence lives, its signals do not have their default effect. One task takes from it at a time: a second
/// finds its end at once.
public struct SignalSequence: AsyncSequence, Sendable {
    let subscription: SignalSubscription

    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: subscription)
    }

    /// Takes from the sequence.
    public struct Iterator: AsyncIteratorProtocol {
        let subscription: SignalSubscription

        /// Waits for the next signal; `nil` when the task was cancelled or the loop has ended.
        public mutating func next() async -> Signal? {
            await subscription.source.next()
        }
    }
}
