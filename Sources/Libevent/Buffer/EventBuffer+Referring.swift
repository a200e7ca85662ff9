internal import CLibevent
public import Sockets

extension EventBuffer {
    /// Adds memory at the back without copying it; `release` gives it back. The C function is `evbuffer_add_reference`.
    ///
    /// `release` runs once: when the last of the bytes was taken, dropped or written, from this buffer or from those that
    /// the bytes were moved to or referenced from, and on the thread that did so; that is the thread of the base for the
    /// buffers of a stream. It runs in the middle of that change, so every call of a buffer fails there as `busy`. When
    /// this call throws, `release` does not run.
    ///
    /// - Parameters:
    ///   - bytes: memory that stays readable and unchanged until `release` runs. It may be empty: then `release` runs
    ///     before this call returns.
    ///   - release: what is to be done with the memory.
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    @unsafe public func append(
        referencing bytes: UnsafeRawBufferPointer,
        release: @escaping () -> Void
    ) throws(IOError) {
        try check("evbuffer_add_reference", Block.ofAppending)
        try checkAdding(bytes.count, "evbuffer_add_reference")
        let box = ReleaseBox(release)
        guard bytes.count > 0 else { return box.run() }
        let context = unsafe Unmanaged.passRetained(box)
        let result = unsafe evbuffer_add_reference(
            raw,
            bytes.baseAddress,
            bytes.count,
            Self.released,
            context.toOpaque()
        )
        if result != 0 { unsafe context.release() }
        try checkStored(result, "evbuffer_add_reference")
    }

    private static let released: evbuffer_ref_cleanup_cb = { (_, _, context) in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<ReleaseBox>.fromOpaque(context).takeRetainedValue().run()
    }

    /// Adds the bytes of `text` at the back without copying them: they are part of the program. The C function is
    /// `evbuffer_add_reference`. Worth it for long texts; short ones are cheaper to copy.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``.
    public func append(constant text: StaticString) throws(IOError) {
        guard text.hasPointerRepresentation else { return try append(text.description) }
        try check("evbuffer_add_reference", Block.ofAppending)
        try checkAdding(text.utf8CodeUnitCount, "evbuffer_add_reference")
        guard text.utf8CodeUnitCount > 0 else { return }
        let result = unsafe evbuffer_add_reference(raw, text.utf8Start, text.utf8CodeUnitCount, nil, nil)
        try checkStored(result, "evbuffer_add_reference")
    }

    /// Adds the bytes of `other` at the back without copying them; `other` keeps them, so that one message goes to many
    /// buffers. The C function is `evbuffer_add_buffer_reference`.
    ///
    /// Both buffers hold the same memory, which does not change as long as one of them does: what is added to `other`
    /// later goes to new memory and is not seen here. Either may drop the bytes or go away first. As the sharing is not
    /// locked, all buffers that share stay on one thread.
    ///
    /// - Throws: as ``append(_:)-(Span<UInt8>)``; `invalidArgument` for the buffer itself; `unsupported` when `other`
    ///   belongs to a stream, or holds referenced bytes of a third buffer or files: move or copy those.
    public func append(referencing other: EventBuffer) throws(IOError) {
        try check("evbuffer_add_buffer_reference", Block.ofAppending)
        try other.check("evbuffer_add_buffer_reference", Block.ofReading)
        try checkReferring(to: other)
        guard !other.isEmpty else { return }
        try checkAdding(other.count, "evbuffer_add_buffer_reference")
        state |= Block.shared
        other.state |= Block.shared
        // An empty target may have a block, which unpatched releases free and then use (CVE-2026-63381); a new one has
        // none.
        if isEmpty {
            let fresh = try EventBuffer()
            try fresh.addReference(to: other)
            try checkStored(unsafe evbuffer_add_buffer(raw, fresh.raw), "evbuffer_add_buffer_reference")
        } else {
            try addReference(to: other)
        }
    }

    private func checkReferring(to other: EventBuffer) throws(IOError) {
        if other === self {
            throw IOError("evbuffer_add_buffer_reference", .invalidArgument, detail: "the two buffers are one")
        }
        guard other.isStreamBuffer else { return }
        throw IOError(
            "evbuffer_add_buffer_reference",
            .unsupported,
            detail: "the bytes of a stream cannot be shared; move them to a buffer of your own first"
        )
    }

    private func addReference(to other: EventBuffer) throws(IOError) {
        guard unsafe evbuffer_add_buffer_reference(raw, other.raw) != 0 else { return }
        throw IOError(
            "evbuffer_add_buffer_reference",
            .unsupported,
            detail: "the buffer holds a file or bytes of a third one; copy or move it"
        )
    }

    /// Adds the bytes of a file at the back. The C function is `evbuffer_add_file_segment`.
    ///
    /// A buffer made with `sendsFiles`, and the output of a socket stream, send them by `sendfile(2)`, unless the
    /// segment's access rules it out; others hold them in memory. The first of those reads an `automatic` segment whole.
    ///
    /// - Parameters:
    ///   - segment: a segment may be added any number of times, to any buffers of one thread.
    ///   - offset: where in the segment to begin.
    ///   - length: how many bytes; `nil` for the rest of the segment.
    /// - Throws: as ``append(_:)-(Span<UInt8>)``; `outOfRange` when the segment, or by now its file, is shorter; the
    ///   system's error when the file cannot be read.
    public func append(_ segment: borrowing FileSegment, from offset: Int = 0, count length: Int? = nil) throws(IOError)
    {
        try check("evbuffer_add_file_segment", Block.ofAppending)
        let length = try segment.checkRange(offset, length)
        try checkAdding(length, "evbuffer_add_file_segment")
        guard length > 0 else { return }
        if sendsFiles, segment.isSendable { state |= Block.fileBytes }
        try unsafe segment.add(to: raw, offset, length)
    }
}
