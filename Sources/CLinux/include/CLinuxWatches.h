/* Who watches a descriptor, so that its owner's close tells them first.

   A watcher must know of the close at once, lest it takes an event of the old file for one of the file that gets
   the number next. And the kernel's epoll forgets a closed descriptor only when no duplicate of its file is left,
   in this process or in a child (epoll(7)): a registration that outlives its number can never be removed again,
   and a level-triggered one would end every wait at once. */
#ifndef CLINUX_WATCHES_H
#define CLINUX_WATCHES_H

#include <stdint.h>

#define CLINUX_WATCHED_COUNT (1 << 20)

/* 0: nobody, -1: several, else the one watcher's number. */
extern int32_t clinux_watchers[CLINUX_WATCHED_COUNT];

/* Called while the descriptor is still open, on the thread that closes it. */
typedef void (*clinux_forget)(void *context, int descriptor);

/* The number of a new watcher, or -ENOMEM. */
int clinux_watcher_open(clinux_forget forget, void *context);

/* From here on `forget` is not called any more. */
void clinux_watcher_close(int watcher);

/* Nothing happens for a descriptor of CLINUX_WATCHED_COUNT or above. */
void clinux_watch_began(int watcher, int descriptor);
void clinux_watch_ended(int watcher, int descriptor);

void clinux_watches_drop(int descriptor);

/* Called before close(2) by the descriptor's owner. */
static inline void clinux_watches_end(int descriptor) {
    if ((unsigned)descriptor >= CLINUX_WATCHED_COUNT) return;
    if (__atomic_load_n(&clinux_watchers[descriptor], __ATOMIC_ACQUIRE) != 0) clinux_watches_drop(descriptor);
}

extern uint32_t clinux_fork_count;

/* Forks are counted from here on, or from the first watcher on. */
void clinux_count_forks(void);

/* How many forks lie between the first process and this one, as far as they were counted. */
static inline uint32_t clinux_forks(void) {
    return __atomic_load_n(&clinux_fork_count, __ATOMIC_RELAXED);
}

#endif
