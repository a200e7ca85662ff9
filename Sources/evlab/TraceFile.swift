internal import EvlabComparison
internal import EvlabCrossCheck
internal import Readiness
internal import Sockets
internal import SystemPackage

/// The trace of a cross check: a JSON object a line, one for each operation on descriptors, and for each script that loops or
/// servers were given.
final class TraceFile {
    private let path: String
    private let file: FileDescriptor
    private var buffer: [UInt8] = []
    private var failure: Errno?

    /// - Throws: the system's error when the file cannot be written.
    init(_ path: String) throws(IOError) {
        self.path = path
        do {
            file = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
        } catch {
            throw Self.error("open", error, path)
        }
    }

    private static func error(_ operation: IOError.Operation, _ error: any Error, _ path: String) -> IOError {
        guard let errno = error as? Errno else { return IOError(operation, .system, detail: "--json \(path)") }
        return IOError(operation, errno: errno, detail: "--json \(path)")
    }

    func write(_ seed: UInt64, _ record: TraceRecord) {
        let object = JSONValue.object([("seed", .string(String(seed)))] + Self.members(record))
        buffer.append(contentsOf: (object.description + "\n").utf8)
        if buffer.count >= 1 << 20 { flush() }
    }

    private static func members(_ record: TraceRecord) -> [(String, JSONValue)] {
        switch record {
        case .descriptors(let line):
            [
                ("step", .integer(line.step)),
                ("operation", .string(line.operation.description)),
                ("poll(2)", json(line.kernel)),
                ("answers", .object(line.answers.map { ($0.observer.rawValue, json($0.sightings)) })),
            ]
        case .loops(let script):
            [("loopTasks", .array(script.tasks.map { .string(".\($0)") }))]
        case .servers(let script):
            [
                ("service", .string(script.service.rawValue)),
                ("clientSteps", .array(script.steps.map { .string("\($0)") })),
            ]
        case .find(let find): [("finding", .string(find.text))]
        }
    }

    /// The letters of what is ready, by descriptor.
    private static func json(_ sightings: [Sighting]) -> JSONValue {
        let ordered = sightings.sorted { $0.descriptor < $1.descriptor }
        return .object(ordered.map { (String($0.descriptor.number), .string($0.events.letters)) })
    }

    private func flush() {
        defer { buffer.removeAll(keepingCapacity: true) }
        guard failure == nil else { return }
        do {
            try file.writeAll(buffer)
        } catch {
            failure = error as? Errno ?? .ioError
        }
    }

    /// - Throws: the first error of any write.
    func close() throws(IOError) {
        flush()
        try? file.close()
        if let failure { throw IOError("write", errno: failure, detail: "--json \(path)") }
    }
}
