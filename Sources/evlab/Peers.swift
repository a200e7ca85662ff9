internal import CLinux
internal import EvlabComparison
internal import Glibc

/// The servers of other makes in `Benchmarks`, which join once they are built.
enum Peers {
    private static let known = [
        ("libev", "C on libev's watchers, level-triggered"), ("libuv", "C on libuv's streams"),
        ("dispatch", "Swift, Dispatch's sources on one serial queue"),
        ("nio", "Swift, SwiftNIO's channel handlers"),
        ("nio-async", "Swift, SwiftNIO's async channels, a task a connection"),
    ]

    /// How to build them.
    static let remedy = "swift build -c release --package-path Benchmarks"

    /// The ones that are built.
    static var built: [Subject] {
        known.compactMap { name, explanation in
            path(name).map { Subject(name, .peer, program: $0, explanation) }
        }
    }

    /// The names of the others.
    static var missing: [String] { known.map(\.0).filter { path($0) == nil } }

    /// Beside the package in which this program was built.
    private static func path(_ name: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe clinux_read_link("/proc/self/exe", $0.baseAddress, $0.count)
        }
        let own = String(decoding: buffer.prefix(max(0, Int(count))), as: UTF8.self).split(separator: "/")
        guard let build = own.lastIndex(of: ".build") else { return nil }
        let root = own[..<build].map { "/" + $0 }.joined()
        let path = "\(root)/Benchmarks/.build/release/peer-\(name)"
        return unsafe access(path, X_OK) == 0 ? path : nil
    }
}
