internal import CLinux

/// Keeps the closure that gives referenced memory back, while libevent holds the memory.
final class ReleaseBox {
    private let release: () -> Void

    init(_ release: @escaping () -> Void) {
        self.release = release
    }

    /// Buffers refuse all calls on this thread meanwhile: libevent is in the middle of changing one of them.
    func run() {
        clinux_release_begin()
        release()
        clinux_release_end()
    }
}
