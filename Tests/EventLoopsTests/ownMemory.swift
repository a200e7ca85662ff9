import SystemPackage
import Testing

/// Memory of this process that no file backs, in bytes.
func ownMemory() throws -> Int {
    let file = try FileDescriptor.open(FilePath("/proc/self/status"), .readOnly)
    defer { try? file.close() }
    var text = [UInt8](repeating: 0, count: 8192)
    let count = try unsafe text.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
    let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(separator: " ")[1])) * 1024
}
