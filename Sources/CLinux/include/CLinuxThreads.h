/* Threads, as far as Swift's Glibc module lacks them. */
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts a detached thread with a name of at most 15 bytes (the rest is cut off): 0, or -errno. */
int clinux_thread_start(const char *name, void (*body)(void *context), void *context);

/* Takes one from a semaphore; false when there is none until a time of CLOCK_MONOTONIC, in nanoseconds. */
bool clinux_semaphore_wait(sem_t *semaphore, int64_t deadline);

#endif
