internal import CLinux
internal import Glibc
internal import Sockets
internal import SystemPackage

/// Moves bytes from one descriptor to another inside the kernel, by way of a pipe (`splice(2)`); through memory where one of
/// the two cannot be spliced, such as a file that was opened to append, and where a filter has to see the bytes.
struct Relay: ~Copyable {
    /// What it waits for after a step.
    enum Next {
        /// The source has nothing now.
        case source
        /// The destination takes nothing now.
        case destination
        /// Nothing: the source has ended, and the destination has all of it.
        case end
    }

    private static var most: Int { 65_536 }

    private let source: FileDescriptor
    private let destination: FileDescriptor
    private let reader: Descriptor
    private let writer: Descriptor
    /// How many bytes are in the pipe.
    private var inPipe = 0
    private var isSplicing: Bool
    private var memory: [UInt8] = []
    private var filter: TerminalFilter?
    private var hasEnded = false

    /// - Parameter filter: what the bytes pass through, if anything.
    /// - Throws: `noDescriptors`.
    init(
        from source: FileDescriptor,
        to destination: FileDescriptor,
        through filter: TerminalFilter? = nil
    ) throws(IOError) {
        self.filter = filter
        isSplicing = filter == nil
        self.source = source
        self.destination = destination
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe clinux_pipe($0.baseAddress) }
        try check("pipe2", result)
        reader = Descriptor(number: ends[0])
        writer = Descriptor(number: ends[1])
    }

    /// Takes in once, unless something waits, and gives out once.
    mutating func step() throws(IOError) -> Next {
        if isEmpty, !hasEnded {
            guard let count = try takeIn() else { return .source }
            hasEnded = count == 0
        }
        if !isEmpty { try giveOut() }
        guard isEmpty else { return .destination }
        return hasEnded ? .end : .source
    }

    private var isEmpty: Bool { inPipe == 0 && memory.isEmpty }

    /// How many bytes came: 0 at the end, `nil` when there are none now.
    private mutating func takeIn() throws(IOError) -> Int? {
        if isSplicing {
            let result = clinux_splice(source.rawValue, writer.fileDescriptor.rawValue, Self.most)
            if result != -Int(EINVAL) {
                inPipe = max(0, result)
                return try count("splice", result)
            }
            isSplicing = false
        }
        let count = try count("read", readIntoMemory(source, Self.most))
        if let count { passFilter(isLast: count == 0) }
        return count
    }

    private mutating func giveOut() throws(IOError) {
        if inPipe > 0 {
            let result = clinux_splice(reader.fileDescriptor.rawValue, destination.rawValue, inPipe)
            if result != -Int(EINVAL) {
                inPipe -= try count("splice", result) ?? 0
                return
            }
            isSplicing = false
            _ = try count("read", readIntoMemory(reader.fileDescriptor, inPipe))
            inPipe = 0
        }
        let result = unsafe memory.withUnsafeBytes {
            unsafe clinux_write(destination.rawValue, $0.baseAddress, $0.count)
        }
        memory.removeFirst(try count("write", result) ?? 0)
    }

    private mutating func passFilter(isLast: Bool) {
        guard filter != nil else { return }
        memory = (isLast ? filter?.finish() : filter?.filter(memory)) ?? []
    }

    private mutating func readIntoMemory(_ descriptor: FileDescriptor, _ most: Int) -> Int {
        memory = [UInt8](repeating: 0, count: most)
        let result = unsafe memory.withUnsafeMutableBytes {
            unsafe clinux_read(descriptor.rawValue, $0.baseAddress, $0.count)
        }
        memory.removeLast(most - max(0, result))
        return result
    }

    private func count(_ operation: IOError.Operation, _ result: Int) throws(IOError) -> Int? {
        if result == -Int(EAGAIN) { return nil }
        guard result >= 0 else { throw IOError(operation, errno: Errno(rawValue: CInt(-result))) }
        return result
    }
}
