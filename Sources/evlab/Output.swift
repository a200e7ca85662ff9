internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// Lines for the user, written at once: whoever waits for one on a pipe gets it.
enum Output {
    static func say(_ text: String) {
        StandardStream.output.write(line: text)
    }

    /// The last line of a server that a signal has ended: on a terminal it does not follow the echo of Ctrl-C.
    static func conclude(_ text: String) {
        say(isatty(STDOUT_FILENO) == 1 ? "\n" + text : text)
    }

    static func complain(_ text: String) {
        StandardStream.errors.write(line: "evlab: " + text)
    }
}

/// Standard output or error. Whether it blocks is not ours to choose: the terminal or pipe may be shared with a program that
/// made it non-blocking, and a line must not be lost for that.
private struct StandardStream: ByteHandle {
    static let output = StandardStream(fileDescriptor: .standardOutput)
    static let errors = StandardStream(fileDescriptor: .standardError)

    let fileDescriptor: FileDescriptor

    /// Writes all of it, unless nobody reads it any more.
    func write(line: String) {
        let bytes = Array((line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            switch try? write(bytes.span.extracting(droppingFirst: sent)) {
            case .bytes(let count): sent += count
            case .wouldBlock: waitForRoom()
            case nil: return
            }
        }
    }

    private func waitForRoom() {
        var request = pollfd(fd: fileDescriptor.rawValue, events: Int16(POLLOUT), revents: 0)
        _ = unsafe clinux_poll(&request, 1, -1)
    }
}
