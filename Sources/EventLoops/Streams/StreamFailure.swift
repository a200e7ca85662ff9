internal import Sockets

/// Why a connection was closed; kept apart, for nearly all have none.
final class StreamFailure {
    let error: IOError

    init(_ error: IOError) {
        self.error = error
    }
}
