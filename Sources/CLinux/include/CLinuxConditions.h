/* The waits themselves, once each and with nothing smoothed over: what the demonstration of conditions shows. */
#ifndef CLINUX_CONDITIONS_H
#define CLINUX_CONDITIONS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* select(2) over bitmaps of any size. *microseconds is the time limit, negative: none; afterwards it is what the call
   left in its place. Returns how many bits are set, or -errno. */
int clinux_select_limited(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                          int64_t *microseconds);

/* pselect(2), likewise, in nanoseconds. */
int clinux_pselect_limited(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                           int64_t *nanoseconds);

/* A descriptor that becomes readable after so many nanoseconds, or -errno (timerfd_create(2)). */
int clinux_readable_after(int64_t nanoseconds);

/* Sends SIGALRM to the calling thread after so many nanoseconds, and again after as many more: one that comes before its
   wait has begun leaves no wait without an end. The handler does nothing, and is set with SA_RESTART. Returns 0 or
   -errno. For one thread at a time. */
int clinux_interruptions_begin(int64_t nanoseconds);
/* The timer goes, and the earlier handler and signal mask hold again. */
void clinux_interruptions_end(void);

/* write(2), and whether it raised SIGPIPE, whatever the process does about that signal. Returns the count or -errno. */
long clinux_write_noting_sigpipe(int descriptor, const void *buffer, size_t count, bool *raised);

#endif
