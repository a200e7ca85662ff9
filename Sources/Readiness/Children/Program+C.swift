internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

extension Program {
    /// Starts it. The caller waits for the process and closes the descriptor.
    func start() throws(IOError) -> clinux_child {
        var child = clinux_child()
        let result = unsafe spawn(&child)
        guard result == 0 else { throw failure(at: child.failed_step, Errno(rawValue: -result)) }
        return child
    }

    private func failure(at step: clinux_start_step, _ errno: Errno) -> IOError {
        switch step {
        case CLINUX_START_SOCKETPAIR: IOError("socketpair", errno: errno, detail: path)
        case CLINUX_START_FORK: IOError("fork", errno: errno, detail: path)
        case CLINUX_START_PIDFD_OPEN: Self.noDescriptor(errno, path)
        case CLINUX_START_PRCTL: IOError("prctl", errno: errno, detail: path)
        case CLINUX_START_SETAFFINITY: IOError("sched_setaffinity", errno: errno, detail: "CPU \(core ?? -1)")
        case CLINUX_START_DUP: IOError("dup2", errno: errno, detail: "a standard stream of \(path)")
        case CLINUX_START_CHDIR: IOError("chdir", errno: errno, detail: directory ?? "")
        default: IOError("execve", errno: errno, detail: path)
        }
    }

    private static func noDescriptor(_ errno: Errno, _ path: String) -> IOError {
        guard errno == .noFunction || errno == .notPermitted else {
            return IOError("pidfd_open", errno: errno, detail: path)
        }
        let needed = "a child process needs this call: use Linux 5.3 or later and a sandbox that allows it"
        return IOError("pidfd_open", .unsupported, errno: errno, detail: needed)
    }

    /// 0, or -errno.
    private func spawn(_ child: UnsafeMutablePointer<clinux_child>) -> CInt {
        let streams = [input, output, errors].map(\.number)
        return unsafe Self.withStrings([path] + arguments) { arguments in
            unsafe Self.withStrings(environmentStrings) { environment in
                unsafe Self.withString(directory) { directory in
                    var launch = unsafe clinux_launch(
                        path: arguments?.pointee,
                        arguments: arguments,
                        environment: environment,
                        directory: directory,
                        input: streams[0],
                        output: streams[1],
                        errors: streams[2],
                        core: CInt(core ?? -1),
                        dies_with_us: diesWithThread
                    )
                    return unsafe clinux_spawn(&launch, child)
                }
            }
        }
    }

    /// Whether C would see less of a text than there is.
    var hasZeros: Bool {
        ([path, directory ?? ""] + arguments + (environmentStrings ?? [])).contains { $0.utf8.contains(0) }
    }

    private var environmentStrings: [String]? {
        environment?.map { name, value in "\(name)=\(value)" }
    }

    private static func withString<Result>(
        _ string: String?,
        _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let string else { return body(nil) }
        return unsafe string.withCString(body)
    }

    /// The strings as C's arrays of arguments are: the last pointer is null.
    private static func withStrings<Result>(
        _ strings: [String]?,
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        guard let strings else { return body(nil) }
        var pointers = unsafe strings.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}

extension StandardStream {
    fileprivate var number: CInt {
        switch self {
        case .shared: -1
        case .descriptor(let descriptor): descriptor.rawValue
        }
    }
}
