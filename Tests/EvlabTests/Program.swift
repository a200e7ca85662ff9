import CLinux
import Glibc
import Readiness
import Sockets
import SystemPackage

/// A program under test, in a process of its own; killed when this goes out of scope.
struct Program: ~Copyable {
    /// How it ended.
    struct End {
        /// Its exit code, or 128 + the signal that ended it.
        let code: CInt
        /// What it wrote and nobody read before.
        let output: String
        let errors: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Far more than anything here takes, on a slow machine too: only a hang reaches it.
    static let patience: Duration = .seconds(600)

    private var child: Child
    private let output: Descriptor
    private let errors: Descriptor
    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var ending: ProgramEnd?

    private init(_ child: consuming Child, output: consuming Descriptor, errors: consuming Descriptor) {
        self.child = child
        self.output = output
        self.errors = errors
    }

    var id: pid_t { child.number }

    /// Starts a program that is looked for in PATH unless its name has a slash.
    static func start(_ arguments: [String]) throws -> Program {
        let output = try makePipe()
        let errors = try makePipe()
        var program = Readiness.Program(arguments.first ?? "", Array(arguments.dropFirst()))
        program.output = .descriptor(output.writer.fileDescriptor)
        program.errors = .descriptor(errors.writer.fileDescriptor)
        return Program(try Child(program), output: output.reader, errors: errors.reader)
    }

    static func evlab(_ arguments: [String]) throws -> Program {
        try start([evlabPath] + arguments)
    }

    /// Runs a program to its end.
    static func run(_ arguments: [String]) throws -> End {
        var program = try start(arguments)
        return try program.end()
    }

    static func runEvlab(_ arguments: [String]) throws -> End {
        try run([evlabPath] + arguments)
    }

    /// The command that was built with these tests: it lies beside them.
    static var evlabPath: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe clinux_read_link("/proc/self/exe", $0.baseAddress, $0.count)
        }
        let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/evlab"
    }

    private struct Pipe: ~Copyable {
        let reader: Descriptor
        let writer: Descriptor
    }

    private static func makePipe() throws -> Pipe {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_pipe($0.baseAddress) }
        guard result == 0 else { throw Errno(rawValue: -result) }
        return Pipe(
            reader: Descriptor(adopting: FileDescriptor(rawValue: ends[0])),
            writer: Descriptor(adopting: FileDescriptor(rawValue: ends[1]))
        )
    }

    func send(_ signal: CInt) {
        _ = clinux_kill(id, signal)
    }

    /// Nanoseconds of CPU that it has used.
    var cpu: Int64 { clinux_cpu_of_process(id) }

    /// Whether it comes to use hardly any CPU in a second in which there is nothing to do.
    func isQuiet() -> Bool {
        // It may have to finish something first.
        (0..<10).contains { _ in
            let before = cpu
            // The one second that is measured.
            var nothing = pollfd(fd: -1, events: 0, revents: 0)
            _ = unsafe clinux_poll(&nothing, 1, 1000)
            // A loop that spins takes more than this even of a machine that is busy with ten other things.
            return cpu - before < 50_000_000
        }
    }

    /// The next line of its standard output.
    mutating func line() throws -> String {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let end = outputBytes.firstIndex(of: UInt8(ascii: "\n")) {
                defer { outputBytes.removeSubrange(...end) }
                return String(decoding: outputBytes[..<end], as: UTF8.self)
            }
            try advance(until: deadline, "a line")
            guard ending == nil else {
                throw Failure(description: "it ended: " + String(decoding: errorBytes, as: UTF8.self))
            }
        }
    }

    /// Waits for its end.
    mutating func end() throws -> End {
        let deadline = ContinuousClock.now + Self.patience
        while ending == nil { try advance(until: deadline, "its end") }
        let code: CInt =
            switch ending {
            case .exited(let code): code
            case .killed(let signal): 128 + signal.rawValue
            case .unknown, nil: throw Failure(description: "nobody knows how it ended")
            }
        return End(
            code: code,
            output: String(decoding: outputBytes, as: UTF8.self),
            errors: String(decoding: errorBytes, as: UTF8.self)
        )
    }

    /// Takes what it has written; `ending` is set once it has ended and all of it was taken.
    private mutating func advance(until deadline: ContinuousClock.Instant, _ what: String) throws {
        guard ContinuousClock.now < deadline else {
            throw Failure(description: "\(what) did not come: " + String(decoding: errorBytes, as: UTF8.self))
        }
        var requests = [output.fileDescriptor, errors.fileDescriptor, child.fileDescriptor].map {
            pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0)
        }
        _ = unsafe requests.withUnsafeMutableBufferPointer { unsafe clinux_poll($0.baseAddress, 3, 1000) }
        let hasEnded = requests[2].revents != 0
        let took = Self.drain(output, into: &outputBytes)
        if Self.drain(errors, into: &errorBytes) || took { return }
        // Where there is a tracer, it hears of the end first.
        if hasEnded { ending = child.exitStatus() }
    }

    private static func drain(_ descriptor: borrowing Descriptor, into bytes: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe clinux_read(descriptor.fileDescriptor.rawValue, $0.baseAddress, $0.count)
        }
        guard count > 0 else { return false }
        bytes += chunk.prefix(count)
        return true
    }
}
