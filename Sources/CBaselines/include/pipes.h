/* The classic measures of an event library, in plain C: bytes from one of many socket pairs to the next. */
#ifndef CBASELINES_PIPES_H
#define CBASELINES_PIPES_H

#include <stdint.h>

/* Many socket pairs, and a way to wait for them. */
struct cbaseline_pipes;

/* Makes `count` pairs, on epoll itself, level-triggered, where `method` is NULL, else on libevent by that method. With `watched`
   all of them are watched from now on. 0 or -errno. */
int cbaseline_pipes_open(struct cbaseline_pipes **pipes, int count, const char *method, int watched);

void cbaseline_pipes_close(struct cbaseline_pipes *pipes);

/* `active` bytes to begin with, spread over the pairs, and `writes` more, each to the next pair when one was read. Returns
   the bytes that were read, or -errno; adds the numbers of the pairs that they were read from to `sum`. */
int64_t cbaseline_pipes_run(struct cbaseline_pipes *pipes, int active, int writes, int64_t *sum);

/* Watches every pair and sends a byte through all of them, each of which is watched no more once its byte has come. Returns
   and adds as above. */
int64_t cbaseline_pipes_cascade(struct cbaseline_pipes *pipes, int64_t *sum);

/* Runs `rounds` of `cbaseline_pipes_run` on epoll. Returns the bytes that were read, or -errno. */
int64_t cbaseline_pipes(int pairs, int active, int writes, int rounds);

#endif
