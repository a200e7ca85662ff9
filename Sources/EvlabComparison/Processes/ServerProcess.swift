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

    /// Starts `evlab serve`, or what a peer has instead, and waits until it listens.
    ///
    /// - Parameters:
    ///   - options: more for the command line.
    ///   - runner: a program that runs it, and its arguments.
    static func start(
        _ subject: Subject,
        _ workload: Workload,
        core: Int?,
        _ options: [String] = [],
        under runner: [String] = [],
        _ waiting: borrowing Waiting
    ) throws(ComparisonFailure) -> ServerProcess {
        let program = try subject.executable()
        let names = ["serve", subject.name, "--workload", workload.rawValue, "--with-parent"]
        let command = runner + [program] + names + options
        guard var child = try ChildProcess.start(command, core: core) else {
            throw ComparisonFailure("\(command[0]) cannot be run")
        }
        let line = try child.readLine(waiting, within: .seconds(20))
        let words = line.split(separator: " ")
        guard words.count == 5, words[0] == "listening", let address = SocketAddress(String(words[2].dropLast())),
            let id = CInt(words[4])
        else { throw ComparisonFailure("\(subject.name) said '\(line)' instead of where it listens") }
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
