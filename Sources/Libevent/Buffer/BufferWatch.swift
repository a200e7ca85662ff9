/// Who is told of a buffer's size changes, and how far the telling has come.
@safe struct BufferWatch {
    var observers: [SizeObserver] = []
    /// libevent's entry for our one callback; enabled while there are observers.
    var entry: OpaquePointer?
    var isReporting = false
    /// What changed while a report was being made.
    var pending: SizeChange?
}
