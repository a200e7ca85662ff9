internal import CLinux
internal import Sockets

/// The registrations of one multiplexer, told of each watched descriptor's close until ``end()``.
struct WatchedRegistrations: Sendable {
    let table: Registrations
    /// The name of the multiplexer, for errors.
    private let owner: IOError.Operation
    private let watcher: CInt
    private let forks: UInt32

    /// - Parameter epoll: the instance that has the registrations too, or -1.
    /// - Throws: `noMemory`.
    init(of owner: IOError.Operation, epoll: CInt = -1) throws(IOError) {
        guard let table = Registrations(epoll: epoll) else { throw IOError(owner, .noMemory) }
        let context = unsafe Unmanaged.passUnretained(table).toOpaque()
        watcher = try checked(owner, unsafe clinux_watcher_open(forget, context))
        forks = clinux_forks()
        self.table = table
        self.owner = owner
    }

    /// Called by the multiplexer's deinitialiser, before anything that a close would reach is gone.
    func end() {
        if clinux_forks() == forks { clinux_watcher_close(watcher) }
    }

    func began(_ number: CInt) {
        clinux_watch_began(watcher, number)
    }

    func ended(_ number: CInt) {
        clinux_watch_ended(watcher, number)
    }

    /// The child shares the parent's instance and numbers: what it changed could change for its parent.
    func refuseAfterFork(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        guard clinux_forks() == forks else {
            throw IOError(
                operation(),
                .forked,
                detail: "this \(owner) belongs to the parent process; make a new one"
            )
        }
    }
}

/// What the close of a descriptor calls while a multiplexer watches it.
private func forget(_ context: UnsafeMutableRawPointer?, _ number: CInt) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Registrations>.fromOpaque(context).takeUnretainedValue().forget(number)
}
