internal import CLinux
internal import Sockets

/// A server under comparison, in a process of its own.
struct ServerProcess: ~Copyable {
    private var child: ChildProcess
    /// Where it listens.
    let address: SocketAddress
    /// Its process id, which is not the child's where another program runs it.
    let id: CInt

    private init(child: consuming ChildProcess, address: SocketAddress, id: CInt) {
        self.child = child
        self.address = address
        self.id = id
    }

    /// Starts `evlab serve` and waits until it listens.
    ///
    /// - Parameter runner: a program that runs it, and its arguments.
    /// - Returns: `nil` when there is no such runner.
    static func start(
        _ subject: EchoSubject,
        method: String,
        core: Int?,
        under runner: [String] = [],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> ServerProcess? {
        let command = [try ownExecutable(), "serve", subject.rawValue, "--method", method, "--with-parent"]
        guard var child = try ChildProcess.start(runner + command, core: core) else { return nil }
        let line = try child.readLine(waiting, within: .seconds(20))
        let words = line.split(separator: " ")
        guard words.count == 5, words[0] == "listening", let address = SocketAddress(String(words[2].dropLast())),
            let id = CInt(words[4])
        else { throw ComparisonFailure("\(subject.rawValue) said '\(line)' instead of where it listens") }
        return ServerProcess(child: child, address: address, id: id)
    }

    /// Ends it; returns what it and its runner wrote to standard error.
    consuming func stop(_ waiting: borrowing Waiting) throws(ComparisonFailure) -> [String] {
        try child.stop(waiting, asking: id)
    }
}

/// The path of the running program.
func ownExecutable() throws(ComparisonFailure) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe clinux_read_link("/proc/self/exe", $0.baseAddress, $0.count)
    }
    guard count > 0, count < buffer.count else {
        throw ComparisonFailure("/proc/self/exe cannot be read; is /proc mounted?")
    }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
}
