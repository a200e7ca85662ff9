internal import ArgumentParser

/// Who waits for the kernel: this package alone, or libevent.
enum Engine: String, CaseIterable, ExpressibleByArgument {
    case native, libevent
}
