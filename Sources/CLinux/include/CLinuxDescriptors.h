/* Numbers of new descriptors. Where a program was started with descriptor 0, 1 or 2 closed, the kernel gives that number to
   the next file; whatever then writes to "standard error" writes into a connection. So nothing that we open stays there. */
#ifndef CLINUX_DESCRIPTORS_H
#define CLINUX_DESCRIPTORS_H

#include <sys/types.h>

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static inline bool clinux_is_open(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

/* A close-on-exec copy with the lowest free number above those of the standard streams, or -errno. */
int clinux_duplicate_above_streams(int descriptor);

/* The rest of clinux_lift(): a new number for 0, 1 and 2; -errno after a failed call. */
int clinux_lift_low(int descriptor);
int clinux_lift_low_pair(int descriptors[2]);

/* The result of a call that has just opened a close-on-exec descriptor, as a number above those of the standard streams, or
   -errno. The file and its status flags stay the same. */
static inline int clinux_lift(int descriptor) {
    return descriptor > STDERR_FILENO ? descriptor : clinux_lift_low(descriptor);
}

/* The same for the two descriptors of a successful call: 0, or -errno, and then both are closed. */
static inline int clinux_lift_pair(int descriptors[2]) {
    bool is_high = descriptors[0] > STDERR_FILENO && descriptors[1] > STDERR_FILENO;
    return is_high ? 0 : clinux_lift_low_pair(descriptors);
}

/* Occupies those of 0, 1 and 2 that are closed while code that is not ours opens descriptors. Any thread. Returns 0, or
   -errno; after 0, clinux_release_streams() frees them again. */
int clinux_hold_streams(void);
void clinux_release_streams(void);

/* Opens /dev/null on those of 0, 1 and 2 that are closed, to stay there, also in programs that are started. Returns 0, or
   -errno. */
int clinux_fill_streams(void);

#endif
