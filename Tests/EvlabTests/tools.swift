import Glibc

/// Whether a test that needs a program of the system may run. On a machine that checks every change nothing may be left
/// out: there the test runs, and fails when the program is missing.
func has(_ tools: String...) -> Bool {
    if let value = unsafe getenv("CI"), unsafe String(cString: value) == "true" { return true }
    return tools.allSatisfy { tool in
        (try? Program.run(["sh", "-c", "command -v \"$0\"", tool]).code) == 0
    }
}

/// The path of one of the clients that are written in Python.
func client(_ name: String) -> String {
    #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Clients/\(name).py"
}

/// The path of a file of this package.
func source(_ path: String) -> String {
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/" + path
}

/// Whether this process, and with it the command, was built with a sanitizer.
let isSanitized = unsafe dlsym(nil, "__sanitizer_print_stack_trace") != nil
