package import Sockets

extension IOError {
    /// What a handler threw: an error of this package as it is, any other described.
    package init(thrownByHandler error: any Error) {
        self = error as? IOError ?? IOError("handler", .handlerFailed, detail: "\(error)")
    }
}
