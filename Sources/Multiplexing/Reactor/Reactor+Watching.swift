public import Readiness
public import Sockets
internal import SystemPackage

extension Reactor where Mux: ~Copyable {
    @discardableResult
    public func watch(
        _ descriptor: consuming Descriptor,
        for interest: Interest,
        trigger: Trigger = .level,
        _ handler: @escaping (Watch, ReadyEvents) -> Void
    ) throws(IOError) -> Watch {
        try checkOpen("Reactor.watch")
        guard multiplexer.capabilities.supports(trigger) else {
            throw IOError(
                "Reactor.watch",
                .unsupported,
                detail: "this multiplexer has no edge trigger; use .level, or Reactor(Epoll())"
            )
        }
        let watch = Watch(on: self, descriptor.fileDescriptor.rawValue, trigger, handler)
        watch.owned = consume descriptor
        do throws(IOError) {
            try watch.setInterest(interest)
        } catch {
            watch.end()
            throw error
        }
        return watch
    }

    /// Watches a descriptor of ours for the life of the reactor.
    func watchInternally(
        _ descriptor: FileDescriptor,
        _ handler: @escaping (Watch, ReadyEvents) -> Void
    ) throws(IOError) {
        let watch = Watch(on: self, descriptor.rawValue, .level, isInternal: true, handler)
        do throws(IOError) {
            try watch.setInterest(.readable)
        } catch {
            watch.end()
            throw error
        }
    }
}
