internal import CLinux
public import Sockets
public import SystemPackage

/// A program that was started: its descriptor is readable once it has ended (`pidfd_open(2)`), so any loop or multiplexer can
/// wait for it beside everything else, without SIGCHLD.
///
/// Whoever holds it decides over the program: when this goes out of scope the program is killed, and no zombie is left. Keep
/// it until it has ended, or give it to an engine by ``EventEngine/watchExit(of:_:)``.
///
/// It gets no descriptor of ours except its standard streams. No signal is blocked in it, and every signal has its default
/// effect, except those that were ignored when our process was started or that the program ignores itself; SIGPIPE and
/// SIGCHLD have their default effect in any case.
public struct Child: ~Copyable, Sendable, DescriptorHolder {
    private var process: ChildIdentity
    private let descriptor: Descriptor

    /// Starts a program.
    ///
    /// - Throws: `notFound`, `permissionDenied` and the other errors of `execve(2)`, which are known here and need no exit
    ///   code; `invalidArgument` for a text with a zero in it; `noDescriptors`, `noMemory`; `busy` at a limit of processes;
    ///   `unsupported` where the kernel or a sandbox refuses `pidfd_open(2)`. The operation of the error is the call that
    ///   failed. After an error no process is left, and unless `execve` failed no program was started.
    public init(_ program: Program) throws(IOError) {
        guard !program.hasZeros else {
            throw IOError(
                "execve",
                .invalidArgument,
                detail: "a zero would end a path, an argument or a variable"
            )
        }
        let started = try program.start()
        process = ChildIdentity(number: started.number)
        descriptor = Descriptor(number: started.descriptor)
    }

    /// The number of its process. No other process gets it until the exit status was taken; while SIGCHLD is ignored, the
    /// kernel takes it as soon as the program has ended.
    public var number: CInt { process.number }

    /// Readable once the program has ended.
    public var fileDescriptor: FileDescriptor { descriptor.fileDescriptor }

    /// How it ended, or `nil` while it runs (`waitid(2)`).
    public mutating func exitStatus() -> ProgramEnd? {
        process.exitStatus()
    }

    /// Sends it a signal (`pidfd_send_signal(2)`). Nothing happens when it has ended, also where other code of the process
    /// has waited for it: no other process gets the signal. Where the kernel or a sandbox refuses the call, the signal
    /// goes to the process number (`kill(2)`), after a check that it is still this child's; other code that waits for the
    /// child between the two is then not noticed.
    ///
    /// - Throws: `permissionDenied` when the program runs as another user; `invalidArgument` for a number that is no signal.
    public func send(_ signal: Signal) throws(IOError) {
        try process.send(signal)
    }

    /// The process and the descriptor, for two owners.
    consuming func split<Result: ~Copyable>(
        _ body: (consuming ChildIdentity, consuming Descriptor) throws(IOError) -> Result
    ) throws(IOError) -> Result {
        try body(process, descriptor)
    }
}
