internal import Sockets
internal import SystemPackage

/// A file that an option names: opened before the work, so that one that cannot be written is known at once.
final class OutputFile {
    private let file: Descriptor
    private let name: String

    /// - Parameter option: the option, for errors.
    init(_ option: String, _ path: String) throws(IOError) {
        name = "\(option) \(path)"
        do {
            let file = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            self.file = Descriptor(adopting: file)
        } catch {
            throw IOError("open", errno: error as? Errno ?? .ioError, detail: name)
        }
    }

    /// Replaces what is in the file.
    func write(_ text: String) throws(IOError) {
        do {
            // Not for what is no regular file, such as a terminal.
            try? file.fileDescriptor.resize(to: 0)
            try file.fileDescriptor.writeAll(text.utf8)
        } catch {
            throw IOError("write", errno: error as? Errno ?? .ioError, detail: name)
        }
    }
}
