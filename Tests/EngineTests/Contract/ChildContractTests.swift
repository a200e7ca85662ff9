import CLinux
import FaultTools
import Glibc
import Multiplexing
import Readiness
import Sockets
import SystemPackage
import Testing

/// Programs that an engine waits for.
@Suite struct ChildContractTests {
    @Test("How a program ended is told once", arguments: EngineKind.allCases)
    func statuses(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            for (script, expected) in [
                ("exit 0", ProgramEnd.exited(0)), ("exit 3", .exited(3)),
                ("kill -9 $$", .killed(Signal(rawValue: SIGKILL))),
                ("exec sleep 1000", .killed(.terminate)),
            ] {
                var statuses: [ProgramEnd] = []
                let watch = try engine.watchExit(of: Child(Program("sh", ["-c", script]))) { statuses.append($0) }
                if expected == .killed(.terminate) { try watch.send(.terminate) }
                #expect(try engine.run(.untilIdle) == .idle)
                #expect(statuses == [expected])
                try watch.send(.interrupt)
            }
        }
        try check(kind.make())
    }

    @Test("fault 44: a thousand programs, twenty at a time, leave neither zombies nor descriptors")
    func thousand() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            for kind in [EngineKind.libeventEpoll, .reactorEpoll] {
                // What is opened once only is open after the first.
                try startMany(1, on: kind.make())
                let descriptors = Set(entries(of: "/proc/self/fd"))
                try startMany(500, on: kind.make())
                // Other threads open one of their own for a moment.
                let deadline = ContinuousClock.now + patience
                while !descriptors.isSuperset(of: entries(of: "/proc/self/fd")), ContinuousClock.now < deadline {
                    usleep(1000)
                }
                #expect(descriptors.isSuperset(of: entries(of: "/proc/self/fd")))
                let left = waitpid(-1, nil, WNOHANG)
                let error = errno
                #expect(left == -1 && error == ECHILD, "a child is left: \(left), \(error)")
            }
            exit(0)
        }
    }

    @Test("A program that nobody waits for any more is killed and leaves no zombie", arguments: EngineKind.allCases)
    func abandoned(_ kind: EngineKind) throws {
        func start(on engine: some EventEngine) throws -> pid_t {
            var told = false
            let watch = try engine.watchExit(of: Child(Program("sleep", ["1000"]))) { _ in told = true }
            try engine.run(.withoutWaiting)
            #expect(!told)
            return watch.number
        }
        let number = try start(on: kind.make())
        #expect(kill(number, 0) == -1 && errno == ESRCH)
    }

    /// As a library that waits for every child does. The number may be a stranger's from then on.
    @Test("A program for which other code has waited gets no signal, and its end is unknown")
    func reapedByOthers() throws {
        var child = try Child(Program("sleep", ["1000"]))
        #expect(clinux_kill_child(child.number, 0) == 0)
        #expect(kill(child.number, SIGKILL) == 0)
        #expect(waitpid(child.number, nil, 0) == child.number)
        #expect(clinux_kill_child(child.number, 0) == -ECHILD)
        try child.send(.terminate)
        #expect(child.exitStatus() == .unknown)
    }

    @Test(
        "fault 24: a program gets its standard streams and no other descriptor of ours",
        .bug(id: "inherited-descriptors")
    )
    func noLeaks() async {
        // In a process of its own, where every new descriptor is ours.
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(500)
            let before = Set(entries(of: "/proc/self/fd"))
            let listener = try Socket.listening(on: .loopback(port: 0))
            let engines = try EngineKind.allCases.map { try $0.make() }
            for engine in engines { try openPoster(of: engine) }
            let (pair, waker) = (try Pair(), try Waker())
            let own = Set(entries(of: "/proc/self/fd")).subtracting(before)
            #expect(own.count > 10)
            let numbers = Set(try output(of: Program("ls", ["/proc/self/fd"])).split(separator: "\n").map(String.init))
            #expect(numbers.isSuperset(of: ["0", "1", "2"]))
            // One is the folder that it reads, whose number may be any.
            #expect(numbers.intersection(own).count <= 1, "\(numbers), ours: \(own)")
            withExtendedLifetime((listener.fileDescriptor, waker, pair)) {}
            exit(0)
        }
    }

    @Test(
        "fault 20: a descriptor that a program inherited, and we closed, is heard of no more",
        .bug(id: "descriptor-held-by-a-child"),
        arguments: EngineKind.allCases
    )
    func inherited(_ kind: EngineKind) throws {
        func check(_ engine: some EventEngine) throws {
            let pair = try Pair()
            let socket = try pair.takeFirst()
            var program = Program("sleep", ["1000"])
            program.input = .descriptor(socket.fileDescriptor)
            let child = try Child(program)
            var calls = 0
            let watch = try engine.watch(socket, for: .readable) { _, _ in calls += 1 }
            watch.close()
            try pair.send("x")
            try engine.runWithoutWaiting()
            #expect(calls == 0)
            #expect(try engine.run(.untilIdle) == .idle)
            try child.send(.kill)
        }
        try check(kind.make())
    }

    @Test("What cannot be started is a typed error, and leaves nothing")
    func notFound() throws {
        #expect(#expect(throws: IOError.self) { _ = try Child(Program("/no/such/program")) }?.code == .notFound)
        #expect(#expect(throws: IOError.self) { _ = try Child(Program("/etc/passwd")) }?.code == .permissionDenied)
        #expect(#expect(throws: IOError.self) { _ = try Child(Program("a\0b")) }?.code == .invalidArgument)
        var program = Program("true")
        program.directory = "/no/such/folder"
        #expect(#expect(throws: IOError.self) { _ = try Child(program) }?.code == .notFound)
    }

    @Test(
        "Its environment, its folder and its streams are as asked, and its signals the standard ones",
        .bug(id: "inherited-signals")
    )
    func surroundings() throws {
        var program = Program(
            "/bin/sh",
            ["-c", "pwd; echo \"$GREETING\"; grep SigIgn /proc/self/status; echo to errors >&2"]
        )
        program.environment = ["GREETING": "hello", "PATH": "/usr/bin:/bin"]
        program.directory = "/usr"
        _ = try Epoll()
        let lines = try output(of: program).split(separator: "\n")
        #expect(lines.prefix(2) == ["/usr", "hello"])
        #expect(lines.last == "to errors")
        // SIGPIPE is ignored in this process, but not in that one.
        let ignored = try #require(lines[2].split(separator: "\t").last.flatMap { UInt64($0, radix: 16) })
        #expect(ignored & 1 << UInt64(SIGPIPE - 1) == 0)
    }
}

/// What a program writes to its standard streams until it ends.
func output(of program: Program, endsUnknown: Bool = false) throws -> String {
    var numbers: [CInt] = [-1, -1]
    try #require(unsafe clinux_pipe(&numbers) == 0)
    let reader = Descriptor(adopting: FileDescriptor(rawValue: numbers[0]))
    let writer = Descriptor(adopting: FileDescriptor(rawValue: numbers[1]))
    var program = program
    program.output = .descriptor(writer.fileDescriptor)
    program.errors = .descriptor(writer.fileDescriptor)
    var child = try Child(program)
    waitForEnd(of: &child)
    #expect(child.exitStatus() == (endsUnknown ? .unknown : .exited(0)))
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe clinux_read(reader.fileDescriptor.rawValue, $0.baseAddress, $0.count)
    }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

private func entries(of folder: String) -> [String] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        names.append(
            unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        )
    }
    return names
}

/// Starts programs, twenty at a time, each as another ends.
private func startMany(_ total: Int, on engine: some EventEngine) throws {
    var (started, ended) = (0, 0)
    func startNext() throws {
        guard started < total else { return }
        started += 1
        try engine.watchExit(of: Child(Program("/bin/true"))) { status in
            ended += 1
            #expect(status == .exited(0))
            #expect(throws: Never.self) { try startNext() }
        }
    }
    for _ in 0..<20 { try startNext() }
    #expect(try engine.run(.untilIdle) == .idle)
    #expect(ended == total)
}
