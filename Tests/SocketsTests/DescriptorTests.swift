import CLinux
import Glibc
import Sockets
import SystemPackage
import Testing

@Suite("Descriptors")
struct DescriptorTests {
    /// One of every way to a socket: all are non-blocking and close-on-exec from birth.
    private static func oneOfEach() throws -> [FileDescriptor] {
        var all = try SocketKind.allCases.flatMap { kind in
            try Socket.pair(kind).split { (first, second) in [first.release(), second.release()] }
        }
        for link in Link.allCases {
            let both = try connection(link)
            all += [both.client.release(), both.server.release()]
            all.append(try Socket.listening(on: link.freeAddress, kind: link.kind).release())
        }
        for family in AddressFamily.allCases { all.append(try Socket(family, .datagram).release()) }
        var made: [CInt] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &made) == 0)
        for number in made { all.append(try Socket(adopting: FileDescriptor(rawValue: number)).release()) }
        all.append(try Descriptor(adopting: all[0]).duplicateAndRelease())
        return all
    }

    @Test("every socket is non-blocking and close-on-exec from birth")
    func flags() throws {
        for descriptor in try Self.oneOfEach() {
            #expect(fcntl(descriptor.rawValue, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(descriptor.rawValue, F_GETFD) == FD_CLOEXEC)
            try descriptor.close()
        }
    }

    @Test("no socket is open in a program that is started", .bug(id: "inherited-sockets"), arguments: [true, false])
    func notInherited(_ closesOnExec: Bool) async {
        await #expect(processExitsWith: .exitCode(closesOnExec ? 0 : 1)) { [closesOnExec] in
            let all = try Self.oneOfEach()
            // The proof that the script below would see one.
            if !closesOnExec { _ = fcntl(all[3].rawValue, F_SETFD, 0) }
            let numbers = all.map { "\($0.rawValue)" }.joined(separator: " ")
            let script = "for n in \(numbers); do [ ! -e /proc/$$/fd/$n ] || exit 1; done"
            var arguments = unsafe ["sh", "-c", script].map { (word: String) in unsafe strdup(word) } + [nil]
            unsafe execv("/bin/sh", &arguments)
            exit(2)
        }
    }

    @Test("a blocking socket for demonstrations, and back")
    func blocking() throws {
        let socket = try Socket(.ipv4)
        try socket.setBlocking(true)
        #expect(fcntl(socket.fileDescriptor.rawValue, F_GETFL) & O_NONBLOCK == 0)
        try socket.setBlocking(false)
        #expect(fcntl(socket.fileDescriptor.rawValue, F_GETFL) & O_NONBLOCK != 0)
    }

    @Test("an owner closes when it goes, once; a released descriptor stays open")
    func ownership() throws {
        // In this process other tests open descriptors all the time, so ask for the file, not for the number.
        let (number, file) = try Socket.pair().split { (first, second) in
            second.close()
            return (first.fileDescriptor.rawValue, fileIdentity(first.fileDescriptor.rawValue))
        }
        #expect(file != nil)
        #expect(fileIdentity(number) != file)
        let released = try Socket(.ipv4).release()
        #expect(fcntl(released.rawValue, F_GETFD) >= 0)
        try Socket(adopting: released).intoDescriptor().close()
    }

    @Test("a duplicate keeps the connection open")
    func duplicate() throws {
        try Socket.pair().split { (first, second) throws in
            let original = first.intoDescriptor()
            let copy = try Socket(adopting: original.duplicate().release())
            original.close()
            _ = try copy.write([1])
            let bytes = try second.readOnce().bytes
            #expect(bytes == [1])
        }
    }

    @Test("what is not open cannot be adopted, and is not closed either", arguments: [-1, 1_000_000] as [CInt])
    func notOpen(_ number: CInt) {
        let error = failure { () throws(IOError) in try Socket(adopting: FileDescriptor(rawValue: number)) }
        #expect(error?.errno == .badFileDescriptor)
    }

    @Test("no descriptors left: a typed error from every way to a socket, and all is well once there are")
    func noDescriptors() async {
        await #expect(processExitsWith: .success) {
            let listener = try Socket.listening(on: .loopback(port: 0))
            let address = try listener.localAddress()
            let client = try Socket.connecting(to: address).intoSocket()
            wait(for: POLLIN, on: listener)
            let spare = Descriptor(adopting: client.release())

            var limit = rlimit()
            unsafe getrlimit(descriptorLimit, &limit)
            let usual = limit
            limit.rlim_cur = 3
            try #require(unsafe setrlimit(descriptorLimit, &limit) == 0)
            let errors = [
                failure { () throws(IOError) in try Socket(.ipv4) },
                failure { () throws(IOError) in try Socket.pair() },
                failure { () throws(IOError) in try Socket.listening(on: .loopback(port: 0)) },
                failure { () throws(IOError) in try Socket.connecting(to: address) },
                failure { () throws(IOError) in try listener.accept() },
                failure { () throws(IOError) in try spare.duplicate() },
            ]
            limit = usual
            try #require(unsafe setrlimit(descriptorLimit, &limit) == 0)
            #expect(errors.map(\.?.code) == Array(repeating: .noDescriptors, count: 6))
            #expect(errors.map(\.?.errno) == Array(repeating: .tooManyOpenFiles, count: 6))
            let isAccepted = try listener.accept() != nil
            #expect(isAccepted, "the connection waited")
        }
    }
}

extension Descriptor {
    /// A copy; the original stays open, and stays whose it was.
    fileprivate consuming func duplicateAndRelease() throws(IOError) -> FileDescriptor {
        let copy = try duplicate()
        _ = release()
        return copy.release()
    }
}

/// Which file a descriptor number stands for, or `nil` when it is not open.
private func fileIdentity(_ number: CInt) -> ino_t? {
    var status = stat()
    return unsafe fstat(number, &status) == 0 ? status.st_ino : nil
}
