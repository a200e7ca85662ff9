internal import CLinux
internal import Glibc
internal import SystemPackage

extension Program {
    /// Starts it: the process's number, or -errno.
    func start() -> pid_t {
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
                    return unsafe clinux_spawn(&launch)
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
