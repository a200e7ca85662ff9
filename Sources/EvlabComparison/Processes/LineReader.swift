internal import CLinux
internal import Sockets
internal import SystemPackage

/// Lines of text from a pipe.
struct LineReader: ~Copyable {
    private let source: Descriptor
    private var bytes: [UInt8] = []
    private var hasEnded = false

    init(_ source: consuming Descriptor) {
        self.source = source
    }

    /// The next line without its end; `nil` at the end of the text, or when the deadline has passed.
    mutating func next(_ waiting: borrowing Waiting, until deadline: Deadline) throws(ComparisonFailure) -> String? {
        while true {
            if let line = takeLine() { return line }
            guard !hasEnded else { return takeRest() }
            guard try waiting.wait(for: source.fileDescriptor, POLLIN, until: deadline) != 0 else { return nil }
            try fill()
        }
    }

    /// The lines up to the end of the text, or what has come of them by the deadline.
    mutating func rest(_ waiting: borrowing Waiting, until deadline: Deadline) throws(ComparisonFailure) -> [String] {
        var lines: [String] = []
        while let line = try next(waiting, until: deadline) { lines.append(line) }
        return lines
    }

    private mutating func takeLine() -> String? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { bytes.removeSubrange(...end) }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    private mutating func takeRest() -> String? {
        guard !bytes.isEmpty else { return nil }
        defer { bytes = [] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func fill() throws(ComparisonFailure) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe clinux_read(source.fileDescriptor.rawValue, $0.baseAddress, $0.count)
        }
        if count == -Int(EAGAIN) { return }
        guard count >= 0 else { throw ComparisonFailure(IOError("read", errno: Errno(rawValue: CInt(-count)))) }
        hasEnded = count == 0
        bytes += chunk.prefix(count)
    }
}
