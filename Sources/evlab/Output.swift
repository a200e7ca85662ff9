internal import CLinux
internal import Glibc
internal import Sockets
internal import Synchronization
internal import SystemPackage

/// Lines for the user, written at once: a reader that waits for one on a pipe gets it.
///
/// A line that cannot be written makes the command fail, unless the reader has closed its end.
enum Output {
    private static let firstFailure = Mutex<IOError?>(nil)

    /// Why a line could not be written; `nil` if all were.
    static var failure: IOError? { firstFailure.withLock { $0 } }

    /// Writes a line. If that fails, the command goes on, and ends with ``failure``.
    static func say(_ text: String) {
        do throws(IOError) {
            try StandardStream.output.write(line: text)
        } catch {
            guard error.code != .brokenPipe else { return }
            firstFailure.withLock { first in first = first ?? error }
        }
    }

    /// Writes a line without which what follows is of no use, such as where a server listens. If that fails, the process ends.
    static func announce(_ text: String) {
        say(text)
        guard let failure else { return }
        complain("\(failure)")
        exit(1)
    }

    /// The last line of a server that a signal has ended: on a terminal it does not follow the echo of Ctrl-C.
    static func conclude(_ text: String) {
        say(isatty(STDOUT_FILENO) == 1 ? "\n" + text : text)
    }

    static func complain(_ text: String) {
        // There is no other place to report that this one fails.
        try? StandardStream.errors.write(line: "evlab: " + text)
    }
}

/// Standard output or error. Whether it blocks is not ours to choose: the terminal or pipe may be shared with a program that
/// made it non-blocking, and a line must not be lost for that.
private struct StandardStream: ByteHandle {
    static let output = StandardStream(.standardOutput, "standard output")
    static let errors = StandardStream(.standardError, "standard error")

    let fileDescriptor: FileDescriptor
    private let name: String

    init(_ fileDescriptor: FileDescriptor, _ name: String) {
        self.fileDescriptor = fileDescriptor
        self.name = name
    }

    /// Writes all of it.
    func write(line: String) throws(IOError) {
        let bytes = Array((line + "\n").utf8)
        var sent = 0
        while sent < bytes.count {
            switch try writePart(bytes.span.extracting(droppingFirst: sent)) {
            case .bytes(let count): sent += count
            case .wouldBlock: waitForRoom()
            }
        }
    }

    private func writePart(_ bytes: Span<UInt8>) throws(IOError) -> WriteOutcome {
        do throws(IOError) {
            return try write(bytes)
        } catch {
            throw IOError(error.operation, errno: error.errno ?? .ioError, detail: name)
        }
    }

    private func waitForRoom() {
        var request = pollfd(fd: fileDescriptor.rawValue, events: Int16(POLLOUT), revents: 0)
        _ = unsafe clinux_poll(&request, 1, -1)
    }
}
