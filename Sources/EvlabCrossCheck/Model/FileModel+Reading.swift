extension FileModel {
    mutating func shut(receive: Bool, send: Bool) {
        isReceiveShut = isReceiveShut || receive
        isSendShut = isSendShut || send
    }

    /// Takes bytes off the front of a stream.
    mutating func consume(_ count: Int) {
        unread -= count
        var left = count
        while left > 0, let first = writes.first {
            guard first <= left else {
                writes[0] = first - left
                return
            }
            left -= first
            writes.removeFirst()
        }
    }

    // MARK: TCP

    /// One read of TCP, which ends before the out-of-band byte, or begins by passing over it.
    mutating func readTCP(_ taken: Int, of count: Int) {
        guard let mark = urgent else { return consume(taken) }
        if mark.offset > 0 {
            consume(taken)
            urgent?.offset -= taken
            return
        }
        guard unread > 0, count > 0 else { return }
        consume(isUrgentInline ? taken : taken + 1)
        urgent = nil
    }

    mutating func drainTCP() {
        // The mark goes when something is read past it. A byte that was refused has left its mark without being there.
        let wasRefused = urgent.map { $0.offset >= unread } ?? false
        urgent = wasRefused ? UrgentByte(offset: 0, wasTaken: urgent?.wasTaken ?? false) : nil
        unread = 0
        writes = []
    }

    /// The next out-of-band byte has come, in place of the last.
    mutating func receiveUrgent() {
        if let old = urgent, old.offset == 0, !isUrgentInline, unread > 0 { consume(1) }
        urgent = UrgentByte(offset: unread)
        unread += 1
        writes.append(1)
    }
}
