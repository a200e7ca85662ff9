/* Threads, as far as Swift's Glibc module lacks them. */
#ifndef CLINUX_THREADS_H
#define CLINUX_THREADS_H

/* Starts a detached thread with a name of at most 15 bytes (the rest is cut off): 0, or -errno. */
int clinux_thread_start(const char *name, void (*body)(void *context), void *context);

#endif
