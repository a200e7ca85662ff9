/* Timers in plain C on libevent's heap. */
#ifndef CBASELINES_TIMERS_H
#define CBASELINES_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct cbaseline_timers;

/* Nanoseconds that each step took, over all rounds. */
struct cbaseline_timer_times {
    int64_t insert;
    int64_t cancel;
    int64_t fire;
};

/* A base and so many timers, none of them inserted. 0 or -errno. */
int cbaseline_timers_open(struct cbaseline_timers **timers, int count);

void cbaseline_timers_close(struct cbaseline_timers *timers);

/* Inserts all timers at times of one second and less, and cancels them in another order. */
void cbaseline_timers_cancel_round(struct cbaseline_timers *timers, struct cbaseline_timer_times *times);

/* Inserts all timers at times of a millisecond and less, waits until all are due, and lets them fire. */
void cbaseline_timers_fire_round(struct cbaseline_timers *timers, struct cbaseline_timer_times *times);

/* Inserts timers after so many milliseconds each, cancels those whose delay is negative, which are inserted at its amount,
   and writes the places of those that fire to `order`, in their order. Adds what inserting them took to `times`. Returns how
   many fired. `count` is at most that of the timers. */
int cbaseline_timers_script(
    struct cbaseline_timers *timers, const int *delays, int count, int *order, struct cbaseline_timer_times *times);

#endif
