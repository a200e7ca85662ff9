/* A loop that another thread wakes, in plain C. */
#ifndef CBASELINES_WAKE_H
#define CBASELINES_WAKE_H

#include <stdint.h>

/* A loop, and a thread that wakes it each time it is told to. */
struct cbaseline_wake;

/* On epoll and an eventfd where `method` is NULL; else on libevent with its locks, woken by `event_active`. 0 or -errno. */
int cbaseline_wake_open(struct cbaseline_wake **wake, const char *method);

void cbaseline_wake_close(struct cbaseline_wake *wake);

/* Tells the thread to wake the loop and waits for that, so many times. Returns how often the loop was woken, or -errno. */
int64_t cbaseline_wake_run(struct cbaseline_wake *wake, int count);

#endif
