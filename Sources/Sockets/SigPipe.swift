internal import CLinux

/// SIGPIPE is ignored for the whole process from the first loop, multiplexer or write to a pipe on: a write to a peer that has gone is
/// an error of that write, not the end of the program. A handler that the program has installed stays.
package enum SigPipe {
    private static let ignored: Void = clinux_ignore_sigpipe()

    package static func ignore() {
        ignored
    }
}
