/* The classic measure of an event library, in plain C on epoll, level-triggered: many socket pairs of which some are active;
   each byte that is read has another written to the next pair, until all are spent. */
#ifndef CBASELINES_PIPES_H
#define CBASELINES_PIPES_H

#include <stdint.h>

/* Runs `rounds` of them: `active` bytes to begin with, spread over the `pairs`, and `writes` more. Returns the bytes that
   were read, or -errno. */
int64_t cbaseline_pipes(int pairs, int active, int writes, int rounds);

#endif
