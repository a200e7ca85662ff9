internal import CLinux
internal import Glibc
public import Sockets
public import SystemPackage

/// A program that was started: its descriptor is readable once it has ended (`pidfd_open(2)`), so any loop or multiplexer can
/// wait for it beside everything else, without SIGCHLD.
///
/// Whoever holds it decides over the program: when this goes out of scope the program is killed, and no zombie is left. Keep
/// it until it has ended, or give it to an engine by ``EventEngine/watchExit(of:_:)``.
///
/// It gets no descriptor of ours but its standard streams, and every signal has its default effect, but for those that we
/// ignore and did not ignore ourselves.
public struct Child: ~Copyable, Sendable, DescriptorHolder {
    private var process: ChildIdentity
    private let descriptor: Descriptor

    /// Starts a program.
    ///
    /// - Throws: `notFound`, `permissionDenied` and what else `execve(2)` names, known here and not by an exit code;
    ///   `invalidArgument` for a text with a zero in it; `noDescriptors`, `noMemory`; `system` when it has ended
    ///   already and others took its exit status, as the kernel does while SIGCHLD is ignored.
    public init(_ program: Program) throws(IOError) {
        guard !program.hasZeros else {
            throw IOError(
                "execve",
                .invalidArgument,
                detail: "a zero would end a path, an argument or a variable"
            )
        }
        let process = ChildIdentity(number: try checked("execve", program.start(), detail: program.path))
        let number = clinux_pidfd(process.number)
        descriptor = Descriptor(number: try checked("pidfd_open", number, detail: number == -ESRCH ? Self.isGone : ""))
        self.process = consume process
    }

    private static let isGone =
        "it has ended, and others took its exit status: SIGCHLD is ignored, or they wait for any child"

    /// The number of its process. It is nobody else's until the exit status was taken.
    public var number: CInt { process.number }

    /// Readable once the program has ended.
    public var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    /// How it ended, or `nil` while it runs (`waitid(2)`).
    public mutating func exitStatus() -> ProgramEnd? {
        process.exitStatus()
    }

    /// Sends it a signal (`pidfd_send_signal(2)`); one that has ended gets none, and nobody else in its place, also where
    /// other code of the process has waited for it.
    public func send(_ signal: Signal) {
        process.send(signal)
    }

    /// The process and the descriptor, for two owners.
    consuming func split<Result: ~Copyable>(
        _ body: (consuming ChildIdentity, consuming Descriptor) throws(IOError) -> Result
    ) throws(IOError) -> Result {
        try body(process, descriptor)
    }
}
