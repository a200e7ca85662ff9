#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>

/* What `evlab crosscheck` found out about the kernel and about libevent, once more in plain C, so that nothing of this
   package is between. Each returns 0, or -errno where it cannot be tried. */

/* What poll(2) says of two ends, asked for everything. */
struct finding_states {
    short first;
    short second;
};

/* A TCP socket that has shut both halves, and its peer: before the peer writes, and after. */
int finding_shut_socket_is_written_to(struct finding_states *before, struct finding_states *after);

/* A unix stream that was filled, and from which one piece was read: how many bytes of one a write takes while poll(2) does not
   call it writable. */
int finding_write_without_writability(long *taken);

/* A unix datagram socket with a message of its peer's, which is closed: before it writes to the peer, and after. */
int finding_write_to_closed_datagram_peer(struct finding_states *before, struct finding_states *after);

/* A TCP socket that has shut both halves, and an out-of-band byte that it refuses: then, and when it was read to its end. */
int finding_refused_out_of_band_byte(struct finding_states *then, struct finding_states *after);

/* A TCP socket with an out-of-band byte alone: before a read, and after. */
int finding_read_at_mark(struct finding_states *before, struct finding_states *after);

/* A TCP socket that was filled, and whose peer has then read all that had come: how many bytes still wait to be sent, because
   nobody has told that there is room. With a peer that reads, and with one that had shut its reading half before. */
int finding_room_that_is_not_told(long *left_when_open, long *left_when_shut);

/* A TCP connection that is filled and emptied again and again, by writes of so many bytes after a few small ones: how many
   bytes were sent and are nowhere, because the receiving kernel has dropped what it had announced room for. */
int finding_dropped_by_the_receiver(int size, long *missing);

/* A TCP socket whose peer was closed, and which shuts its sending half: whether that is answered with a reset at once, and when
   the kernel has forgotten the peer, which here is to remember it for a second. */
int finding_forgotten_peer(bool *is_reset_at_once, bool *is_reset_later);

/* A TCP socket that was filled until it was not writable any more, with nothing under way and nobody reading: whether it is
   writable half a second later, in the worst of a few tries with other small writes before. */
int finding_filled_becomes_writable(bool *becomes_writable);

/* How many edges one shutdown of a TCP socket's sending half causes, before a fifth of a second passes without one. */
int finding_edges_of_a_shutdown(int *edges);

/* Whether a descriptor that was removed from a base, closed, and has a duplicate, is still registered with epoll when the
   base has turned: without a change list, and with one. */
int finding_removed_with_change_list(int *is_left_without, int *is_left_with);

/* How many of so many timers of the same length, added one after another, libevent calls before one that was added earlier. */
int finding_timers_out_of_order(int count, int *out_of_order);

#endif
