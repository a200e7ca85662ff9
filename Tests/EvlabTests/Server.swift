import CLinux
import Glibc
import Sockets
import SystemPackage

/// An `evlab demo echo` under test.
struct Server: ~Copyable {
    var program: Program
    let address: SocketAddress

    /// Starts it and waits until it listens.
    ///
    /// - Parameters:
    ///   - options: more than the variant needs.
    ///   - shell: commands of the shell to run before, such as `ulimit`.
    static func start(
        _ variant: EchoVariant,
        _ options: String...,
        after shell: String? = nil
    ) throws -> Server {
        let command = ["demo", "echo", "--port", "0"] + variant.arguments + options
        var program =
            try shell.map { shell in
                try Program.start(["sh", "-c", shell + "; exec \"$0\" \"$@\"", Program.evlabPath] + command)
            } ?? Program.evlab(command)
        let line = try program.line()
        guard line.hasPrefix("listening on "), let address = SocketAddress(String(line.dropFirst(13))) else {
            throw Program.Failure(description: "'\(line)' is not where it listens")
        }
        return Server(program: program, address: address)
    }

    private init(program: consuming Program, address: SocketAddress) {
        self.program = program
        self.address = address
    }

    var port: String { String(address.port ?? 0) }

    /// Ends it with a signal; the one line of totals, if all went as it should.
    mutating func stop() throws -> String {
        program.send(SIGTERM)
        let end = try program.end()
        guard end.code == 0, end.errors.isEmpty else {
            throw Program.Failure(description: "code \(end.code): \(end.errors)")
        }
        return end.output
    }

    /// How many descriptors it has open.
    var descriptorCount: Int {
        get throws { try entries(of: "/proc/\(program.id)/fd").count }
    }
}

/// The names in a folder.
func entries(of path: String) throws -> [String] {
    guard let folder = unsafe opendir(path) else { throw Program.Failure(description: "\(path) cannot be read") }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

/// Waits until something holds; whether it did before the patience of these tests ended.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + Program.patience
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        // Gives up the processor between two looks; nothing depends on how long.
        var nothing = pollfd(fd: -1, events: 0, revents: 0)
        _ = unsafe clinux_poll(&nothing, 1, 5)
    }
    return false
}
