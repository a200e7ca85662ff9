internal import CLinux
internal import Glibc
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

    /// Starts `evlab serve`, or what a peer has instead, and waits until it listens.
    ///
    /// - Parameter options: more for the command line.
    static func start(
        _ subject: Subject,
        _ workload: Workload,
        core: Int?,
        _ options: [String] = [],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> ServerProcess {
        let program = try subject.executable()
        let names = ["serve", subject.name, "--workload", workload.rawValue, "--with-parent"]
        let command = [program] + names + options
        guard let child = try ChildProcess.start(command, core: core) else {
            throw ComparisonFailure("\(command[0]) cannot be run")
        }
        return try listening(child, subject, within: .silence, waiting)
    }

    /// Waits until a program that was started as a server listens.
    static func listening(
        _ child: consuming ChildProcess,
        _ subject: Subject,
        within patience: Duration,
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> ServerProcess {
        let line = try child.readLine(waiting, within: patience)
        let words = line.split(separator: " ")
        guard words.count == 5, words[0] == "listening", let address = SocketAddress(String(words[2].dropLast())),
            let id = CInt(words[4])
        else { throw ComparisonFailure("\(subject.name) said '\(line)' instead of where it listens") }
        return ServerProcess(child: child, address: address, id: id)
    }

    /// Asks it to end.
    func askToStop() {
        _ = clinux_kill(id, SIGTERM)
    }

    /// Waits for its end, as ``stop(_:)``.
    consuming func finish(
        _ waiting: borrowing Waiting,
        within duration: Duration
    ) throws(ComparisonFailure) -> [String] {
        try child.finish(waiting, within: duration)
    }

    /// Ends it; returns what it wrote to standard error.
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
