/* A small C library that lives on an event_base, its own or another's: it echoes what comes to its listener, and counts
   milliseconds. */
#ifndef CBASELINES_GUEST_H
#define CBASELINES_GUEST_H

struct event_base;
struct cbaseline_guest;

/* Puts a listening socket, which it owns from now on, and a timer on `base`; on a base of its own where that is NULL. NULL
   when there is no memory. */
struct cbaseline_guest *cbaseline_guest_open(struct event_base *base, int listener);

/* The base that it lives on. */
struct event_base *cbaseline_guest_base(const struct cbaseline_guest *guest);

/* How often its timer has fired. */
long cbaseline_guest_ticks(const struct cbaseline_guest *guest);

/* Runs the base until the timer has fired so many times more, for at most so many seconds. Returns 0, or -1. */
int cbaseline_guest_run(struct cbaseline_guest *guest, long ticks, int seconds);

/* Takes what it has put on the base off it; frees the base if it is its own. */
void cbaseline_guest_close(struct cbaseline_guest *guest);

#endif
