internal import CLinux

extension World {
    /// What the kernel says that it is doing with a TCP socket; `nil` for anything else.
    func account(of id: DescriptorID) -> String? {
        guard let place = place(id), place.kind.isTCP else { return nil }
        let account = clinux_tcp_account(place.number)
        guard account.state != 0 else { return nil }
        return "descriptor \(id.number), TCP state \(account.state): \(account.unread) bytes unread; "
            + "\(account.unacknowledged) not acknowledged, of which \(account.unsent) not sent, "
            + "the last \(account.milliseconds_since_sending) ms ago; "
            + "time-out \(account.time_out_milliseconds) ms, \(account.time_outs) passed, \(account.probes) probes; "
            + "\(account.retransmitted_segments) segments sent again in all"
    }
}
