internal import Glibc
internal import Sockets
internal import SystemPackage

/// A folder of our own, removed with what this put into it.
final class TemporaryFolder {
    private let path: String
    private var files: [String] = []

    init() throws(ComparisonFailure) {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/evlab.XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let start = buffer.baseAddress, unsafe mkdtemp(start) != nil else { return nil }
            return unsafe String(cString: start)
        }
        guard let made else {
            throw ComparisonFailure(IOError("mkdtemp", errno: Errno(rawValue: errno), detail: parent))
        }
        path = made
    }

    deinit {
        for file in files { _ = unsafe unlink(file) }
        _ = unsafe rmdir(path)
    }

    /// The path of a file that will be in it.
    func file() -> String {
        files.append("\(path)/\(files.count)")
        return files[files.count - 1]
    }
}
