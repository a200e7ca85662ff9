internal import SystemPackage

/// Lines for the user, written at once: whoever waits for one on a pipe gets it.
enum Output {
    static func say(_ text: String) {
        write(text, to: .standardOutput)
    }

    static func complain(_ text: String) {
        write("evlab: " + text, to: .standardError)
    }

    private static func write(_ text: String, to descriptor: FileDescriptor) {
        _ = try? descriptor.writeAll((text + "\n").utf8)
    }
}
