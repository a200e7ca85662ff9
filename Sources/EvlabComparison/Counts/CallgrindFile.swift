/// What callgrind writes when a program has ended: the part of it that is counted here.
package enum CallgrindFile {
    /// The functions of the C library that allocate. What they call of each other stays inside of it.
    private static let allocating: Set<Substring> = [
        "malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign",
    ]
    private static let waiting: Set<Substring> = [
        "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "pselect",
    ]

    /// Instructions, allocations, and calls that wait; `nil` when the text is nothing that callgrind writes.
    package static func totals(
        of text: some StringProtocol
    ) -> (instructions: Int, allocations: Int, waits: Int)? {
        var instructions: Int?
        var (allocations, waits) = (0, 0)
        // A name is given once, and then its number alone.
        var names: [Substring: Substring] = [:]
        var called: Substring?
        for line in Substring(text).split(separator: "\n") {
            if line.hasPrefix("fn=") || line.hasPrefix("cfn=") {
                let name = line[line.index(after: line.firstIndex(of: "=") ?? line.startIndex)...].split(separator: " ")
                guard let number = name.first else { continue }
                if name.count > 1, allocating.contains(name[1]) || waiting.contains(name[1]) { names[number] = name[1] }
                if line.hasPrefix("c") { called = names[number] }
            } else if let called, line.hasPrefix("calls=") {
                let count = line.dropFirst("calls=".count).split(separator: " ").first.flatMap { Int($0) } ?? 0
                if waiting.contains(called) { waits += count } else { allocations += count }
            } else if line.hasPrefix("totals:") {
                instructions = line.split(separator: " ").last.flatMap { Int($0) }
            }
        }
        return instructions.map { ($0, allocations, waits) }
    }
}
