internal import CLinux
internal import Glibc

/// How the TCP sockets of a world are set up, so that what they do follows from the operations and not from timers. To be
/// applied before they are connected, for what was promised to a sender is not taken back.
enum TCPTuning {
    /// Buffers that are quickly filled and do not grow by themselves, no waiting for more bytes, and a way of sending that
    /// does not pace itself by what it has measured, whatever the machine has chosen.
    static func apply(to number: CInt) {
        set(SO_SNDBUF, 128 << 10, of: number, level: SOL_SOCKET)
        set(SO_RCVBUF, 64 << 10, of: number, level: SOL_SOCKET)
        set(TCP_NODELAY, 1, of: number)
        var name: InlineArray<4, UInt8> = [0x72, 0x65, 0x6e, 0x6f]  // reno, which every kernel has
        _ = unsafe clinux_setsockopt(number, CInt(IPPROTO_TCP), TCP_CONGESTION, &name, 4)
    }

    static func set(_ name: CInt, _ value: CInt, of number: CInt, level: CInt = CInt(IPPROTO_TCP)) {
        var value = value
        _ = unsafe clinux_setsockopt(number, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }
}
