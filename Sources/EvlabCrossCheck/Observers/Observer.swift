package import Readiness
package import Sockets
package import SystemPackage

/// Something that watches descriptors and says which are ready.
///
/// Thread rule: an observer belongs to one thread.
package protocol Observer: AnyObject {
    /// Watches a descriptor, as the trigger of the observer says.
    ///
    /// - Throws: `alreadyRegistered`, `notPollable`.
    func register(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError)
    /// - Throws: `notRegistered`.
    func modify(_ id: DescriptorID, _ descriptor: FileDescriptor, for interest: Interest) throws(IOError)
    /// - Throws: `notRegistered`.
    func rearm(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError)
    /// - Throws: `notRegistered`.
    func remove(_ id: DescriptorID, _ descriptor: FileDescriptor) throws(IOError)
    /// The owner is about to close the descriptor. Those that learn of it by themselves do nothing.
    func willClose(_ id: DescriptorID, _ descriptor: FileDescriptor)
    /// Waits, and appends what is ready.
    ///
    /// - Parameters:
    ///   - expected: how many descriptors should be ready: an observer with small batches waits as often as these need.
    ///   - limit: how long to wait at most.
    func look(expecting expected: Int, upTo limit: Duration, into sightings: inout [Sighting]) throws(IOError)
    /// Waits without a time-out and keeps what is ready for ``handOut(into:)``; false where that cannot be done.
    func hold() throws(IOError) -> Bool
    /// Appends what was held and is not stale.
    func handOut(into sightings: inout [Sighting])
    /// Ends the next wait, as from another thread.
    func wake() throws(IOError)
    /// How often a wake-up has arrived.
    var wakesSeen: Int { get }
}
