/* Which of this package's epoll instances watch a descriptor, so that its owner's close removes it there first.

   The kernel forgets a closed descriptor only when no duplicate of its file is left, in this process or in a
   child (epoll(7)). A registration that outlives its number can never be removed again, and a level-triggered
   one would end every wait at once. */
#ifndef CLINUX_WATCHES_H
#define CLINUX_WATCHES_H

#include <stdint.h>

#include "CLinuxGenerations.h"

/* 0: none, N + 1: the epoll instance N, -1: several. */
extern int32_t clinux_watchers[CLINUX_GENERATION_COUNT];

extern uint32_t clinux_fork_count;

/* How many forks lie between the first process and this one, counted from the first epoll instance on. */
static inline uint32_t clinux_forks(void) {
    return __atomic_load_n(&clinux_fork_count, __ATOMIC_RELAXED);
}

/* A new, close-on-exec epoll instance that closes remove descriptors from, or -errno. */
int clinux_epoll_open(void);

/* The instance takes no part any more; called before its close. */
void clinux_epoll_retire(int epoll);

void clinux_watch_began(int epoll, int descriptor);
void clinux_watch_ended(int epoll, int descriptor);

void clinux_watches_drop(int descriptor);

/* Called before close(2) by the descriptor's owner. */
static inline void clinux_watches_end(int descriptor) {
    if ((unsigned)descriptor >= CLINUX_GENERATION_COUNT) return;
    if (__atomic_load_n(&clinux_watchers[descriptor], __ATOMIC_ACQUIRE) != 0) clinux_watches_drop(descriptor);
}

#endif
