internal import CLibevent
internal import CLinux
public import Sockets

/// A queue of bytes, kept as a chain of memory blocks: appended at the back, taken from the front, and moved between
/// buffers without copying. libevent's `evbuffer`.
///
/// Bytes are addressed by plain offsets from the front. Every length is checked: an impossible one is a typed error,
/// and the buffer is as it was before.
///
/// A buffer belongs to one thread at a time; the buffers of a stream belong to the thread of its base. libevent's locks
/// are not used.
@safe public final class EventBuffer {
    let raw: OpaquePointer
    private let isOwned: Bool
    /// Keeps the memory of a stream's buffer: a base frees what its streams left only when it goes itself.
    private let owner: AnyObject?
    /// Whether what is queued goes to a descriptor only, so that files can be sent without passing through memory.
    let sendsFiles: Bool

    // Unchecked: one thread at a time, and every access reads or writes the whole word.
    @exclusivity(unchecked) private var word: UInt
    /// What stands in the way of calls: a set of ``Block``.
    @inline(__always) var state: UInt {
        get { unsafe word }
        set { unsafe word = newValue }
    }

    var watch = BufferWatch()

    /// An empty buffer. The C function is `evbuffer_new`.
    ///
    /// - Parameter sendsFiles: whether file segments are sent by `sendfile(2)` in ``write(to:upTo:)``. While such a
    ///   segment is queued, the bytes cannot be read (EVBUFFER_FLAG_DRAINS_TO_FD).
    /// - Throws: `noMemory`.
    public init(sendsFiles: Bool = false) throws(IOError) {
        guard let raw = unsafe evbuffer_new() else { throw IOError("evbuffer_new", .noMemory) }
        if sendsFiles { unsafe evbuffer_set_flags(raw, UInt64(EVBUFFER_FLAG_DRAINS_TO_FD)) }
        unsafe self.raw = raw
        isOwned = true
        owner = nil
        self.sendsFiles = sendsFiles
        unsafe word = 0
    }

    /// The view of a buffer that a stream owns; made once for the life of the stream.
    ///
    /// - Parameters:
    ///   - raw: valid until ``invalidate()``.
    ///   - frozen: the end that belongs to the stream: the back of its input, the front of its output.
    ///   - sendsFiles: whether the stream set EVBUFFER_FLAG_DRAINS_TO_FD, as socket streams do for their output.
    ///   - owner: what frees the stream's buffer when it goes.
    package init(
        borrowing raw: OpaquePointer,
        frozen: BufferEnd,
        sendsFiles: Bool = false,
        keeping owner: AnyObject? = nil
    ) {
        unsafe self.raw = raw
        self.owner = owner
        isOwned = false
        self.sendsFiles = sendsFiles
        unsafe word = frozen.block
    }

    deinit {
        guard state & Block.closed == 0 else { return }
        stopWatching()
        guard isOwned else { return }
        if state & Block.shared != 0 { dropShared() }
        unsafe evbuffer_free(raw)
    }

    // Shared bytes hold on to the buffer that they come from; after moves that may be this one, which evbuffer_free would
    // then leave alive for ever.
    private func dropShared() {
        unsafe evbuffer_unfreeze(raw, 1)
        unsafe evbuffer_drain(raw, .max)
    }

    /// Ends a stream's view, before the stream's buffer goes: each call throws `closed` from here on, and no size
    /// callback comes. Spans that are out stay valid for as long as the stream's memory does.
    package func invalidate() {
        guard !isOwned, state & Block.closed == 0 else { return }
        stopWatching()
        state |= Block.closed
    }

    /// How many bytes are queued; 0 once the stream is gone. The C function is `evbuffer_get_length`.
    public var count: Int {
        state & Block.closed == 0 ? unsafe evbuffer_get_length(raw) : 0
    }

    /// Whether no byte is queued.
    public var isEmpty: Bool { count == 0 }

    /// The most bytes that a buffer may come to hold.
    public static var maximumCount: Int { Int.max / 2 }

    /// libevent's own handle, for what this package does not wrap.
    ///
    /// Inside `body` the handle is valid, and it is up to the caller that no view of the bytes is out while they change,
    /// that neither end is unfrozen on a stream's buffer, and that the handle is not freed.
    ///
    /// - Throws: `closed`, and what `body` throws.
    @unsafe public func withUnsafeHandle<R>(_ body: (OpaquePointer) throws(IOError) -> R) throws(IOError) -> R {
        guard state & Block.closed == 0 else { throw IOError("evbuffer", .closed, detail: "its stream is gone") }
        return try unsafe body(raw)
    }

    /// Refuses what would run a loop while memory of any buffer is in use on this thread: a view is out, or a release
    /// closure runs.
    package static func checkUnused(_ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        guard clinux_borrows() != 0 || clinux_releases_running() != 0 else { return }
        throw IOError(operation(), .busy, detail: "a buffer is being read on this thread; run the loop afterwards")
    }
}

// MARK: What stands in the way of a call

extension EventBuffer {
    /// The parts of ``state``: reasons to refuse a call.
    enum Block {
        static var closed: UInt { 1 }
        static var frozenFront: UInt { 2 }
        static var frozenBack: UInt { 4 }
        /// Files may be queued whose bytes are not in memory.
        static var fileBytes: UInt { 8 }
        /// Memory may be shared with another buffer; it does not stand in the way of any call.
        static var shared: UInt { 16 }
        /// Views that are out are counted from this bit on.
        static var oneView: UInt { 256 }
        static var views: UInt { ~255 }

        /// What is remembered until the buffer is seen empty.
        static var contents: UInt { fileBytes | shared }

        static var ofReading: UInt { closed | fileBytes }
        static var ofRearranging: UInt { closed | views }
        static var ofAppending: UInt { closed | views | frozenBack }
        static var ofDraining: UInt { closed | views | frozenFront }
        static var ofTaking: UInt { ofDraining | fileBytes }
    }

    /// Passes when nothing in `blocks` is set and no release closure is running.
    @inline(__always)
    func check(_ operation: @autoclosure () -> IOError.Operation, _ blocks: UInt) throws(IOError) {
        if state & (blocks | Block.contents) != 0 || clinux_releases_running() != 0 { try refuse(operation(), blocks) }
    }

    /// Throws if one of the blocks is set; on the way it forgets contents that are gone.
    @inline(never)
    private func refuse(_ operation: IOError.Operation, _ blocks: UInt) throws(IOError) {
        if clinux_releases_running() != 0 {
            throw IOError(operation, .busy, detail: "a release closure may not use buffers; defer it to the loop")
        }
        if isEmpty { state &= ~Block.contents }
        let reasons = state & blocks
        if reasons & Block.closed != 0 {
            throw IOError(operation, .closed, detail: "the stream of the buffer is gone")
        }
        if reasons & Block.views != 0 {
            throw IOError(operation, .busy, detail: "spans of the buffer are out; change it after their closure ends")
        }
        if reasons & Block.frozenFront != 0 { throw frozen(operation, .front) }
        if reasons & Block.frozenBack != 0 { throw frozen(operation, .back) }
        if reasons & Block.fileBytes != 0 {
            throw IOError(operation, .unsupported, detail: "a queued file is not in memory; write the buffer out first")
        }
    }

    private func frozen(_ operation: IOError.Operation, _ end: BufferEnd) -> IOError {
        let detail =
            switch (isOwned, end) {
            case (true, _): "unfreeze the \(end) first"
            case (false, .front): "only the stream takes bytes from its output"
            case (false, .back): "only the stream adds bytes to its input"
            }
        return IOError(operation, .frozen, detail: detail)
    }

    var isStreamBuffer: Bool { !isOwned }

    /// Holds off every change, until ``endView()``, while memory of the buffer is in use.
    @inline(__always)
    func beginView() {
        state += Block.oneView
        clinux_borrow_begin()
    }

    @inline(__always)
    func endView() {
        state -= Block.oneView
        clinux_borrow_end()
    }

    /// For lengths that are to be added.
    @inline(__always)
    func checkAdding(_ length: Int, _ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        guard length < 0 || length > Self.maximumCount - count else { return }
        let most = Self.maximumCount - count
        throw IOError(operation(), .outOfRange, detail: "\(length) bytes more; 0 to \(most) are possible")
    }

    /// For lengths and offsets within the bytes that are queued.
    @inline(__always)
    func checkWithin(_ length: Int, _ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        guard length < 0 || length > count else { return }
        throw IOError(operation(), .outOfRange, detail: "\(length) of \(count) bytes; 0 to \(count) are possible")
    }

    @inline(__always)
    func checkStored(_ result: CInt, _ operation: @autoclosure () -> IOError.Operation) throws(IOError) {
        if result != 0 { throw IOError(operation(), .noMemory) }
    }
}
