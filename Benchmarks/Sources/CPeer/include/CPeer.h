/* What every peer does the same way: it listens on 127.0.0.1, says where, and ends with the program that started it. */
#ifndef CPEER_H
#define CPEER_H

#include <sys/types.h>

/* A non-blocking socket that listens on a free port of 127.0.0.1; ends the program where that fails. */
int peer_listen(void);

/* Tells the comparison that the socket takes connections, and what process this is. */
void peer_announce(int listener);

/* Sets TCP_NODELAY, as every server of the comparison does. */
void peer_prepare(int connection);

/* The next client's non-blocking socket, prepared; -1 where none waits. */
int peer_accept(int listener);

/* Keeps the main thread for good. Where Dispatch takes it over instead, valgrind fails. */
void peer_sleep(void) __attribute__((noreturn));

#endif
