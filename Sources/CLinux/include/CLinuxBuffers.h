/* Two counts of the calling thread, which keep memory of event buffers from being used after it is gone. */
#ifndef CLINUX_BUFFERS_H
#define CLINUX_BUFFERS_H

extern _Thread_local int clinux_releases_counter;
extern _Thread_local int clinux_borrows_counter;

/* Release closures of referenced memory that run now: the buffer which let go of it is in mid-change. */
static inline int clinux_releases_running(void) { return clinux_releases_counter; }
static inline void clinux_release_begin(void) { clinux_releases_counter++; }
static inline void clinux_release_end(void) { clinux_releases_counter--; }

/* Borrowed views into event buffers: no loop may run under them. */
static inline int clinux_borrows(void) { return clinux_borrows_counter; }
static inline void clinux_borrow_begin(void) { clinux_borrows_counter++; }
static inline void clinux_borrow_end(void) { clinux_borrows_counter--; }

#endif
