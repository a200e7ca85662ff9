internal import CLibevent
internal import CLinux
internal import Glibc
public import Sockets
internal import SystemPackage

/// A range of a file, to be queued in buffers. It owns the descriptor, which is closed when neither the segment nor any
/// buffer needs it. libevent's `evbuffer_file_segment`.
///
/// A file that becomes shorter while the segment is in use is a typed error where its bytes are sent or copied. Only with
/// ``Access/mapped`` must the file keep its length: a read of mapped memory past the end of a file ends the process
/// (SIGBUS).
@safe public struct FileSegment: ~Copyable {
    /// How the bytes of a file are got at.
    public enum Access: Hashable, Sendable, CaseIterable {
        /// By `sendfile(2)` in buffers that only go to a descriptor; read into memory when it is added to another one.
        case automatic
        /// Mapped into memory (`mmap(2)`); read where the file cannot be mapped.
        case mapped
        /// Read into memory when the segment is made (EVBUF_FS_DISABLE_MMAP, EVBUF_FS_DISABLE_SENDFILE).
        case copied
    }

    /// How many bytes the segment has.
    public let count: Int
    let isSendable: Bool
    /// Where it begins in its file.
    private let start: Int
    /// The descriptor, which stays open for as long as libevent's segment is there.
    private let number: CInt
    private let raw: OpaquePointer?

    /// Takes over the descriptor, also when it throws. The C function is `evbuffer_file_segment_new`.
    ///
    /// - Parameters:
    ///   - descriptor: a regular file that is open for reading.
    ///   - offset: where in the file the segment begins, in bytes.
    ///   - length: how many bytes it has; `nil` for the rest of the file.
    ///   - access: how the bytes are got at.
    /// - Throws: `outOfRange` when the file is shorter; `unsupported` when it has more or fewer bytes than it says, as those
    ///   of /proc and /sys do; `invalidArgument` when it is no regular file; `noMemory`, and the system's error when it
    ///   cannot be mapped or read.
    public init(
        _ descriptor: consuming Descriptor,
        from offset: Int = 0,
        count length: Int? = nil,
        access: Access = .automatic
    ) throws(IOError) {
        let size = try Self.size(of: descriptor)
        guard offset >= 0, offset <= size else {
            throw IOError(
                "evbuffer_file_segment_new",
                .outOfRange,
                detail: "offset \(offset) in a file of \(size) bytes"
            )
        }
        let length = length ?? size - offset
        guard length >= 0, length <= size - offset else {
            let detail = "\(length) bytes from \(offset) in a file of \(size) bytes"
            throw IOError("evbuffer_file_segment_new", .outOfRange, detail: detail)
        }
        try Self.checkContents(of: descriptor, size: size, through: offset + length)
        let number = descriptor.fileDescriptor.rawValue
        let segment = length > 0 ? try unsafe Self.make(descriptor, offset, length, access) : nil
        unsafe raw = unsafe segment
        self.number = number
        start = offset
        count = length
        isSendable = access == .automatic && length > 0
    }

    private static func size(of descriptor: borrowing Descriptor) throws(IOError) -> Int {
        var status = stat()
        let result = unsafe fstat(descriptor.fileDescriptor.rawValue, &status) < 0 ? -errno : 0
        try check("fstat", result)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw IOError("evbuffer_file_segment_new", .invalidArgument, detail: "only regular files have segments")
        }
        return status.st_size
    }

    /// Refuses files of /proc, which report a size of 0, and of /sys, which report a page: a segment would lack their bytes.
    private static func checkContents(
        of descriptor: borrowing Descriptor,
        size: Int,
        through end: Int
    ) throws(IOError) {
        let number = descriptor.fileDescriptor.rawValue
        if size == 0 {
            // Another process may have just written to an empty file.
            guard try hasByte(0, number), try Self.size(of: descriptor) == 0 else { return }
            throw misreported(size, "more")
        }
        guard end > 0, try !hasByte(end - 1, number) else { return }
        guard try Self.size(of: descriptor) >= end else { throw isShorter("evbuffer_file_segment_new") }
        throw misreported(size, "fewer")
    }

    private static func hasByte(_ offset: Int, _ number: CInt) throws(IOError) -> Bool {
        try checked("pread", clibevent_has_byte(number, Int64(offset))) > 0
    }

    private static func misreported(_ size: Int, _ difference: String) -> IOError {
        IOError(
            "evbuffer_file_segment_new",
            .unsupported,
            detail:
                "the file says that it has \(size) bytes, and has \(difference); read it with EventBuffer.read(from:)"
        )
    }

    static func isShorter(_ operation: IOError.Operation) -> IOError {
        IOError(operation, .outOfRange, detail: "the file has become shorter than its segment")
    }

    private static func make(
        _ descriptor: consuming Descriptor,
        _ offset: Int,
        _ length: Int,
        _ access: Access
    ) throws(IOError) -> OpaquePointer {
        var segment: OpaquePointer?
        let number = descriptor.fileDescriptor.rawValue
        let error = unsafe clibevent_file_segment(number, Int64(offset), Int64(length), access.flags, &segment)
        try checkRead("evbuffer_file_segment_new", error, number, through: offset + length)
        guard let segment = unsafe segment else { throw IOError("evbuffer_file_segment_new", .noMemory) }
        let holder = unsafe Unmanaged.passRetained(SegmentFile(descriptor)).toOpaque()
        unsafe evbuffer_file_segment_add_cleanup_cb(segment, Self.unused, holder)
        return unsafe segment
    }

    /// When a read finds the end of the file too early, libevent fails with whatever errno was before.
    private static func checkRead(
        _ operation: IOError.Operation,
        _ error: CInt,
        _ number: CInt,
        through end: Int
    ) throws(IOError) {
        guard error < 0 else { return }
        guard try hasByte(end - 1, number) else { throw isShorter(operation) }
        try check(operation, error)
    }

    /// Adds bytes of the segment to libevent's buffer.
    func add(to buffer: OpaquePointer, _ offset: Int, _ length: Int) throws(IOError) {
        guard let raw = unsafe raw else { return }
        let error = unsafe clibevent_add_file_segment(buffer, raw, Int64(offset), Int64(length))
        try Self.checkRead("evbuffer_add_file_segment", error, number, through: start + count)
    }

    private static let unused: evbuffer_file_segment_cleanup_cb = { (_, _, holder) in
        guard let holder = unsafe holder else { return }
        unsafe Unmanaged<SegmentFile>.fromOpaque(holder).release()
    }

    deinit {
        if let raw = unsafe raw { unsafe evbuffer_file_segment_free(raw) }
    }

    /// The length asked for, or what follows `offset`.
    func checkRange(_ offset: Int, _ length: Int?) throws(IOError) -> Int {
        let rest = offset >= 0 && offset <= count ? count - offset : -1
        let length = length ?? rest
        guard length < 0 || length > rest else { return length }
        let detail = "\(length) bytes from \(offset) of a segment of \(count) bytes"
        throw IOError("evbuffer_add_file_segment", .outOfRange, detail: detail)
    }
}

extension FileSegment.Access {
    var flags: CUnsignedInt {
        switch self {
        case .automatic: CUnsignedInt(EVBUF_FS_DISABLE_MMAP)
        case .mapped: CUnsignedInt(EVBUF_FS_DISABLE_SENDFILE)
        case .copied: CUnsignedInt(EVBUF_FS_DISABLE_SENDFILE | EVBUF_FS_DISABLE_MMAP)
        }
    }
}
