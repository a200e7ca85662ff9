import CLinux
import FaultTools
import Glibc
import Libevent
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Child processes where the system refuses a call or SIGCHLD is ignored. Each test runs in its own process.
@Suite(.serialized) struct ChildFaultTests {
    @Test("Signals reach a program where pidfd_send_signal is refused", .bug(id: "pidfd-refused"))
    func refusedSignals() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            for error in ["ENOSYS", "EPERM"] {
                let fault = try SystemCallFault("pidfd_send_signal:error=\(error)")
                defer { fault.end() }
                var child = try Child(Program("sleep", ["1000"]))
                try child.send(.terminate)
                waitForEnd(of: &child)
                #expect(child.exitStatus() == .killed(.terminate))
                let number = try startAndDrop()
                let (result, reason) = (kill(number, 0), errno)
                #expect(result == -1 && reason == ESRCH, "the program runs on after \(error)")
            }
            exit(0)
        }
    }

    /// P_PIDFD is a year younger than pidfd_open.
    @Test("Signals reach a program where no wait by descriptor is possible", .bug(id: "pidfd-refused"))
    func refusedWaits() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            var child = try Child(Program("sleep", ["1000"]))
            let fault = try SystemCallFault("waitid:error=EINVAL:when=1")
            try child.send(.terminate)
            fault.end()
            waitForEnd(of: &child)
            #expect(child.exitStatus() == .killed(.terminate))
            exit(0)
        }
    }

    @Test("A signal that cannot be sent is an error")
    func wrongSignal() throws {
        let child = try Child(Program("sleep", ["1000"]))
        #expect(#expect(throws: IOError.self) { try child.send(Signal(rawValue: 1000)) }?.code == .invalidArgument)
    }

    @Test("Without pidfd_open nothing is started, and the error names what is missing", .bug(id: "pidfd-refused"))
    func noDescriptors() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            let path = "/tmp/evlab-child-\(getpid())"
            for error in ["ENOSYS", "EPERM"] {
                let fault = try SystemCallFault("pidfd_open:error=\(error)")
                let failure = #expect(throws: IOError.self) { _ = try Child(Program("touch", [path])) }
                fault.end()
                #expect(failure?.code == .unsupported && failure?.operation == "pidfd_open")
                #expect(failure?.detail.contains("Linux 5.3") == true)
                let (result, reason) = (waitpid(-1, nil, WNOHANG), errno)
                #expect(result == -1 && reason == ECHILD, "a process is left")
                #expect(unsafe access(path, F_OK) == -1, "the program ran")
            }
            exit(0)
        }
    }

    @Test(
        "The error of a program that cannot be started names the call that failed",
        .bug(id: "failed-fork-named-execve")
    )
    func operations() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            let fault = try SystemCallFault("clone:error=EAGAIN")
            let noProcess = #expect(throws: IOError.self) { _ = try Child(Program("true")) }
            fault.end()
            #expect(noProcess?.operation == "fork" && noProcess?.code == .busy)
            let limit = try DescriptorLimit()
            let noChannel = #expect(throws: IOError.self) { _ = try Child(Program("true")) }
            limit.end()
            #expect(noChannel?.operation == "socketpair" && noChannel?.code == .noDescriptors)
            var program = Program("true")
            program.directory = "/no/such/folder"
            let noFolder = #expect(throws: IOError.self) { _ = try Child(program) }
            #expect(noFolder?.operation == "chdir" && noFolder?.detail == "/no/such/folder")
            program = Program("true")
            program.input = .descriptor(FileDescriptor(rawValue: 900))
            let noStream = #expect(throws: IOError.self) { _ = try Child(program) }
            #expect(noStream?.operation == "dup2" && noStream?.errno == .badFileDescriptor)
            exit(0)
        }
    }

    @Test(
        "While SIGCHLD is ignored the end of every program is reported once, as unknown",
        .bug(id: "ignored-sigchld"),
        arguments: EngineKind.allCases
    )
    func ignoredEnds(_ kind: EngineKind) async {
        await #expect(processExitsWith: .exitCode(0)) { [kind] in
            alarm(300)
            signal(SIGCHLD, SIG_IGN)
            try startTwenty(on: kind.make())
            #expect(#expect(throws: IOError.self) { _ = try Child(Program("/no/such/program")) }?.code == .notFound)
            // The program can wait for children of its own.
            let status = try output(of: Program("cat", ["/proc/self/status"]), endsUnknown: true)
            #expect(try mask("SigIgn", in: status) & bit(SIGCHLD) == 0)
            exit(0)
        }
    }

    @Test(
        "A program gets no blocked signal, and ignores only what was ignored before us",
        .bug(id: "inherited-signals")
    )
    func inheritedSignals() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(300)
            var blocked = sigset_t()
            unsafe sigemptyset(&blocked)
            for number in [SIGTERM, SIGUSR1, 40] { unsafe sigaddset(&blocked, number) }
            unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
            signal(SIGHUP, SIG_IGN)
            let engine = try Reactor(Epoll())
            let registration = try engine.onSignal(.interrupt) { _ in }
            let status = try output(of: Program("cat", ["/proc/self/status"]))
            let ignored = try mask("SigIgn", in: status)
            #expect(ignored & (bit(SIGPIPE) | bit(SIGINT) | bit(SIGCHLD)) == 0)
            #expect(ignored & bit(SIGHUP) != 0)
            #expect(try mask("SigBlk", in: status) == 0)
            #expect(try mask("SigCgt", in: status) == 0)
            // Quietly, by SIGPIPE.
            #expect(try output(of: Program("sh", ["-c", "yes | head -1"])) == "y\n")
            registration.cancel()
            exit(0)
        }
    }
}

/// The number of a program that has gone out of scope.
private func startAndDrop() throws -> pid_t {
    let child = try Child(Program("sleep", ["1000"]))
    return child.number
}

private func startTwenty(on engine: some EventEngine) throws {
    var ends: [ProgramEnd] = []
    for _ in 0..<20 { try engine.watchExit(of: Child(Program("true"))) { ends.append($0) } }
    #expect(try engine.run(.untilIdle) == .idle)
    #expect(ends == Array(repeating: .unknown, count: 20))
}

/// A mask of `/proc/self/status`.
private func mask(_ name: String, in status: String) throws -> UInt64 {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    let digits = line?.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
    return try #require(UInt64(digits, radix: 16), "no \(name) in \(status)")
}

private func bit(_ signal: CInt) -> UInt64 { 1 << UInt64(signal - 1) }
