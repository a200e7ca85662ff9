/* Timers in plain C on libevent's heap. */
#ifndef CBASELINES_TIMERS_H
#define CBASELINES_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds that each step took, over all rounds. */
struct cbaseline_timer_times {
    int64_t insert;
    int64_t cancel;
    int64_t fire;
};

/* Inserts `count` timers of one second and less, and cancels them in another order; with `fires`, inserts them again with
   short times and lets them fire. All of it `rounds` times. Returns how many fired, or -errno. */
int64_t cbaseline_timers(int count, int rounds, bool fires, struct cbaseline_timer_times *times);

#endif
