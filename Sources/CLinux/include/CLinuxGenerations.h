/* How often each descriptor number was closed by this package, so that an event which was read for one
   file is never given to the file that got the same number afterwards. Numbers beyond the table share
   none of it: they simply have no such count. */
#ifndef CLINUX_GENERATIONS_H
#define CLINUX_GENERATIONS_H

#include <stdint.h>

#define CLINUX_GENERATION_COUNT (1 << 20)

extern uint32_t clinux_generations[CLINUX_GENERATION_COUNT];

static inline uint32_t clinux_generation(int descriptor) {
    if ((unsigned)descriptor >= CLINUX_GENERATION_COUNT) return 0;
    return __atomic_load_n(&clinux_generations[descriptor], __ATOMIC_ACQUIRE);
}

/* Called before close(2): afterwards another thread may already own the number. */
static inline void clinux_generation_advance(int descriptor) {
    if ((unsigned)descriptor >= CLINUX_GENERATION_COUNT) return;
    __atomic_fetch_add(&clinux_generations[descriptor], 1, __ATOMIC_RELEASE);
}

#endif
