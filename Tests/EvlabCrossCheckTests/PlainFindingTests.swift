import CBaselines
import Glibc
import Testing

/// What the checker found out about the kernel and about libevent, without anything of this package in between.
@Suite
struct PlainFindingTests {
    private typealias Reading = (
        UnsafeMutablePointer<finding_states>, UnsafeMutablePointer<finding_states>
    ) -> CInt

    private static let shut = POLLIN | POLLOUT | 0x2000 | POLLHUP

    private func expect(
        _ reading: Reading,
        _ before: (CInt, CInt),
        _ after: (CInt, CInt)
    ) {
        var (one, other) = (finding_states(), finding_states())
        let result = unsafe reading(&one, &other)
        #expect(result == 0)
        #expect((CInt(one.first), CInt(one.second)) == before)
        #expect((CInt(other.first), CInt(other.second)) == after)
    }

    @Test
    func `A TCP socket that has shut both halves answers data with a reset, of itself too`() {
        let reset = Self.shut | POLLERR
        unsafe expect(
            finding_shut_socket_is_written_to,
            (Self.shut, POLLIN | POLLOUT | 0x2000),
            (reset, reset)
        )
    }

    @Test
    func `An out-of-band byte that is refused shows as priority for ever`() {
        let reset = Self.shut | POLLERR
        unsafe expect(finding_refused_out_of_band_byte, (reset | POLLPRI, reset), (Self.shut | POLLPRI, reset))
    }

    @Test
    func `A read at the mark loses an out-of-band byte that stands alone`() {
        unsafe expect(finding_read_at_mark, (POLLOUT, POLLOUT | POLLPRI), (POLLOUT, POLLOUT))
    }

    @Test
    func `A write to a closed unix datagram peer throws away what it had sent before`() {
        unsafe expect(finding_write_to_closed_datagram_peer, (POLLIN | POLLOUT, 0), (POLLOUT, 0))
    }

    @Test
    func `A stream takes a write although it is not writable`() {
        var taken = 0
        let result = unsafe finding_write_without_writability(&taken)
        #expect(result == 0)
        #expect(taken == 1)
    }

    @Test
    func `A TCP socket that has shut its reading half does not say that it has room`() {
        var (whenOpen, whenShut) = (-1, -1)
        let result = unsafe finding_room_that_is_not_told(&whenOpen, &whenShut)
        #expect(result == 0)
        #expect(whenOpen == 0)
        #expect(whenShut > 0)
    }

    @Test
    func `TCP drops what it has announced room for, when pieces of one page follow larger ones`() {
        var (ofSmall, ofLarge) = (-1, -1)
        let results = unsafe [
            finding_dropped_by_the_receiver(4096, &ofSmall), finding_dropped_by_the_receiver(65536, &ofLarge),
        ]
        #expect(results == [0, 0])
        #expect(ofSmall > 0)
        #expect(ofLarge == 0)
    }

    /// At once it is so too where the machine has had too many connections lately to remember this one.
    @Test
    func `The end of a TCP stream to a peer that the kernel has forgotten is answered with a reset`() {
        var (atOnce, later) = (false, false)
        let result = unsafe finding_forgotten_peer(&atOnce, &later)
        #expect(result == 0)
        #expect(later)
    }

    @Test
    func `A TCP socket that was filled becomes writable although nobody reads`() {
        var becomesWritable = false
        let result = unsafe finding_filled_becomes_writable(&becomesWritable)
        #expect(result == 0)
        #expect(becomesWritable)
    }

    @Test
    func `A shutdown is two edges`() {
        // On a machine that is slow enough both come as one.
        let isSeen = (0..<20).contains { _ in
            var edges: CInt = 0
            return unsafe finding_edges_of_a_shutdown(&edges) == 0 && edges == 2
        }
        #expect(isSeen)
    }

    /// In a process of its own, for a number that is closed must not be anybody else's.
    @Test
    func `With a change list a descriptor that was removed and closed, and has a duplicate, stays registered`() async {
        await #expect(processExitsWith: .success) {
            var (without, with): (CInt, CInt) = (-1, -1)
            let result = unsafe finding_removed_with_change_list(&without, &with)
            #expect(result == 0)
            #expect(without == 0)
            #expect(with == 1)
        }
    }

    @Test
    func `Libevent keeps no order among timers of one microsecond`() {
        var outOfOrder: CInt = 0
        let result = unsafe finding_timers_out_of_order(1000, &outOfOrder)
        #expect(result == 0)
        #expect(outOfOrder > 0)
    }
}
