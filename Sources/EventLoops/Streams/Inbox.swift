/// Bytes that a connection has read and its handler has not taken yet.
struct Inbox {
    let block: ByteBlock
    var start: Int
    var end: Int

    var count: Int { end - start }
}
