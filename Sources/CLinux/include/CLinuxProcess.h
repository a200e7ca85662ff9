/* Programs that we start, and what the kernel tells about them. Results are values or -errno. */
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* How to start a program. */
struct clinux_launch {
    const char *path;
    char *const *arguments; /* ends with NULL; the first is the program's name */
    char *const *environment; /* NAME=VALUE each, ends with NULL; or NULL: ours */
    const char *directory;  /* where it starts, or NULL: where we are */
    int input;              /* becomes its standard input, or -1: shared with us, /dev/null if ours is closed */
    int output;             /* becomes its standard output, likewise */
    int errors;             /* becomes its standard error, likewise */
    int core;               /* the one CPU that it may use, or -1: all that we may */
    bool dies_with_us;      /* killed when the thread that started it ends, however it ends */
};

/* The calls that starting a program takes. */
enum clinux_start_step {
    CLINUX_START_SOCKETPAIR,
    CLINUX_START_FORK,
    CLINUX_START_PIDFD_OPEN,
    CLINUX_START_PRCTL,
    CLINUX_START_SETAFFINITY,
    CLINUX_START_DUP,
    CLINUX_START_CHDIR,
    CLINUX_START_EXEC,
};

struct clinux_child {
    pid_t number;
    int descriptor; /* readable once it has ended; the caller closes it */
    enum clinux_start_step failed_step; /* only after a failure */
};

/* Starts a program with default signal handling. Returns 0, or -errno, and then no process is left. */
int clinux_spawn(const struct clinux_launch *launch, struct clinux_child *child);

/* Waits until a child has ended: its exit code, or 128 + the signal that ended it. */
int clinux_wait_child(pid_t child);

/* The same without waiting, once: 1 when the child has ended, and then *status is its exit code or -(the signal that
   ended it); 0 while it runs; -errno (ECHILD: somebody else has waited for it). */
int clinux_try_wait_child(pid_t child, int *status);

/* The number of a child that has ended and was not waited for, which it does not wait for either; 0: there is none; or
   -errno (ECHILD: there are no children). */
int clinux_ended_child(void);

/* A descriptor that is readable once the child has ended. */
int clinux_pidfd(pid_t child);

static inline int clinux_kill(pid_t process, int signal) {
    return kill(process, signal) < 0 ? -errno : 0;
}

/* The same for a child that was not waited for; -ECHILD when it was, because its number may then be a stranger's. By its
   descriptor, or by its number where the kernel refuses that. */
int clinux_kill_child(pid_t child, int signal);

/* The numbers of the CPUs that we may use, at most `capacity`; returns how many. */
int clinux_usable_cores(int *cores, int capacity);

/* Lets the calling thread run on one CPU only. */
int clinux_pin_to_core(int core);

/* Sends us a signal when our parent ends, and now if it already has. */
int clinux_die_with_parent(pid_t parent);

/* Raises the soft limit of descriptors to the hard one and returns it. */
int64_t clinux_raise_descriptor_limit(void);

/* Nanoseconds of CPU that a process has used, all its threads together; 0 is this one. */
int64_t clinux_cpu_of_process(pid_t process);

/* Where a symbolic link points to: the number of bytes, without a NUL. */
static inline long clinux_read_link(const char *path, void *buffer, size_t capacity) {
    ssize_t count = readlink(path, buffer, capacity);
    return count < 0 ? -errno : count;
}

/* poll(2), not repeated after a signal; a negative time-out waits for ever. */
int clinux_poll(struct pollfd *requests, unsigned int count, int milliseconds);

#endif
