/* Waiting for many descriptors at once, by the calls that are given all of them each time. Not repeated after a signal. */
#ifndef CLINUX_MULTIPLEXING_H
#define CLINUX_MULTIPLEXING_H

#include <sys/types.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* POLLNVAL: the number is not open. */
#define CLINUX_POLL_NOT_OPEN 0x020

/* ppoll(2) without a signal mask; a negative time-out waits for ever. Returns how many are ready, or -errno. */
int clinux_ppoll(struct pollfd *requests, unsigned long count, int64_t nanoseconds);

/* pselect(2) without a signal mask, over bitmaps of any size: a bit a number, 64 to a word. A negative time-out waits
   for ever. Returns how many bits are set, or -errno; after an error the bitmaps are as they were. */
int clinux_pselect(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                   int64_t nanoseconds);

#endif
