/// The out-of-band byte that a TCP socket has got last, and has not read past.
struct UrgentByte {
    /// How many unread bytes come before it.
    var offset: Int
    /// It was taken by itself.
    var wasTaken = false
}
