/* Preloaded into a server, this holds it up for HOLD_UP_NANOSECONDS after each read that brought something: a slowdown of
   which the truth is known. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

ssize_t read(int descriptor, void *bytes, size_t count) {
    static ssize_t (*next)(int, void *, size_t);
    static long held_up;
    if (next == NULL) {
        next = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
        const char *text = getenv("HOLD_UP_NANOSECONDS");
        held_up = text ? atol(text) : 0;
    }
    ssize_t result = next(descriptor, bytes, count);
    if (result > 0 && held_up > 0)
        for (long end = now() + held_up; now() < end;) {}
    return result;
}
