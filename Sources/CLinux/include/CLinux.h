/* What Swift's Glibc module lacks, and the system calls whose errno must not be lost.

   A function here returns its result, or -errno: the error travels in the return value, so no code
   between the call and its caller can overwrite it. Calls that a signal may interrupt before they did
   anything are repeated; close never is (the descriptor is gone either way). No descriptor that a
   function here opens has the number 0, 1 or 2. */
#ifndef CLINUX_H
#define CLINUX_H

/* First, so that fd_set means here what it means in every other module. */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "CLinuxBuffers.h"
#include "CLinuxConditions.h"
#include "CLinuxDemos.h"
#include "CLinuxDescriptors.h"
#include "CLinuxMultiplexing.h"
#include "CLinuxProcess.h"
#include "CLinuxSignals.h"
#include "CLinuxSocketQueues.h"
#include "CLinuxThreads.h"
#include "CLinuxWatches.h"

#define CLINUX_RETRY(call)                          \
    long result;                                    \
    do {                                            \
        result = (call);                            \
    } while (result < 0 && errno == EINTR);         \
    return result < 0 ? -errno : result

/* What to do about a read or a send that has just failed: again after a signal, else -errno. Apart, so that the
   calls that succeed keep no loop. */
long clinux_read_failed(int descriptor, void *buffer, size_t count);
long clinux_send_failed(int descriptor, const void *buffer, size_t count, int flags);

static inline long clinux_read(int descriptor, void *buffer, size_t count) {
    long result = read(descriptor, buffer, count);
    return result >= 0 ? result : clinux_read_failed(descriptor, buffer, count);
}

static inline long clinux_write(int descriptor, const void *buffer, size_t count) {
    CLINUX_RETRY(write(descriptor, buffer, count));
}

static inline long clinux_readv(int descriptor, const struct iovec *vectors, int count) {
    CLINUX_RETRY(readv(descriptor, vectors, count));
}

static inline long clinux_writev(int descriptor, const struct iovec *vectors, int count) {
    CLINUX_RETRY(writev(descriptor, vectors, count));
}

static inline long clinux_recv(int descriptor, void *buffer, size_t count, int flags) {
    CLINUX_RETRY(recv(descriptor, buffer, count, flags));
}

__attribute__((always_inline)) static inline long clinux_send(
    int descriptor, const void *buffer, size_t count, int flags
) {
    long result = send(descriptor, buffer, count, flags);
    return result >= 0 ? result : clinux_send_failed(descriptor, buffer, count, flags);
}

static inline long clinux_sendto(
    int descriptor, const void *buffer, size_t count, int flags, const struct sockaddr *address, socklen_t length
) {
    CLINUX_RETRY(sendto(descriptor, buffer, count, flags, address, length));
}

/* No SIGPIPE. The compiler of Swift leaves this out of line unless told. */
__attribute__((always_inline)) static inline long clinux_send_quietly(int descriptor, const void *buffer, size_t count) {
    return clinux_send(descriptor, buffer, count, MSG_NOSIGNAL);
}

/* Two pieces in one call; no SIGPIPE. */
long clinux_send_pair(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count);

/* One datagram with its sender; *flags comes back as msg_flags (MSG_TRUNC and others). */
long clinux_receive_message(
    int descriptor, void *buffer, size_t count, int *flags, struct sockaddr_storage *sender, socklen_t *sender_length
);

/* The only failure that leaves the descriptor open is EBADF. */
static inline int clinux_close(int descriptor) {
    return close(descriptor) < 0 ? -errno : 0;
}

static inline int clinux_socket(int family, int type, int protocol) {
    return clinux_lift(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

static inline int clinux_socketpair(int type, int descriptors[2]) {
    int result = socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, descriptors);
    return result < 0 ? -errno : clinux_lift_pair(descriptors);
}

/* Non-blocking and close-on-exec from birth. */
int clinux_accept(int descriptor, struct sockaddr_storage *peer, socklen_t *peer_length);
int clinux_pipe(int descriptors[2]);

static inline int clinux_bind(int descriptor, const struct sockaddr *address, socklen_t length) {
    return bind(descriptor, address, length) < 0 ? -errno : 0;
}

static inline int clinux_listen(int descriptor, int backlog) {
    return listen(descriptor, backlog) < 0 ? -errno : 0;
}

/* Not repeated after EINTR: the connection goes on by itself, as after EINPROGRESS. */
static inline int clinux_connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    return connect(descriptor, address, length) < 0 ? -errno : 0;
}

static inline int clinux_shutdown(int descriptor, int how) {
    return shutdown(descriptor, how) < 0 ? -errno : 0;
}

static inline int clinux_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length) {
    return getsockopt(descriptor, level, name, value, length) < 0 ? -errno : 0;
}

static inline int clinux_setsockopt(int descriptor, int level, int name, const void *value, socklen_t length) {
    return setsockopt(descriptor, level, name, value, length) < 0 ? -errno : 0;
}

static inline int clinux_getsockname(int descriptor, struct sockaddr_storage *address, socklen_t *length) {
    return getsockname(descriptor, (struct sockaddr *)address, length) < 0 ? -errno : 0;
}

static inline int clinux_getpeername(int descriptor, struct sockaddr_storage *address, socklen_t *length) {
    return getpeername(descriptor, (struct sockaddr *)address, length) < 0 ? -errno : 0;
}

/* 1 when the next byte to read is the one at the out-of-band mark, else 0. */
int clinux_at_mark(int descriptor);

/* Bytes that a read would return now (FIONREAD). */
static inline int clinux_bytes_readable(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) < 0 ? -errno : count;
}

/* Whether a read that returned no bytes took an empty message. Otherwise it found the end. */
bool clinux_took_empty_message(int descriptor);

/* Whether the descriptor is the master side of a pseudoterminal. */
bool clinux_is_terminal_master(int descriptor);

static inline int clinux_get_status_flags(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -errno : flags;
}

static inline int clinux_set_status_flags(int descriptor, int flags) {
    return fcntl(descriptor, F_SETFL, flags) < 0 ? -errno : 0;
}

static inline int clinux_set_close_on_exec(int descriptor) {
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* A close-on-exec copy, the lowest free number from `lowest` and from 3 on. */
static inline int clinux_duplicate(int descriptor, int lowest) {
    if (lowest <= STDERR_FILENO) return clinux_duplicate_above_streams(descriptor);
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
    return copy < 0 ? -errno : copy;
}

/* A placeholder descriptor: /dev/null, close-on-exec. */
static inline int clinux_open_null(void) {
    return clinux_lift(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* A descriptor of the folder, locked against others that lock it; -EAGAIN when it is locked. Unlocked by its close. */
int clinux_lock_folder(const char *path);

static inline int clinux_eventfd(unsigned int initial) {
    return clinux_lift(eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK));
}

/* Adds 1; an already saturated counter is readable all the same, so EAGAIN is success. */
static inline void clinux_eventfd_signal(int descriptor) {
    const uint64_t one = 1;
    while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

/* Takes the count and leaves 0; returns 0 when there was none. */
static inline uint64_t clinux_eventfd_take(int descriptor) {
    uint64_t count = 0;
    while (read(descriptor, &count, sizeof count) < 0) {
        if (errno != EINTR) return 0;
    }
    return count;
}

static inline int clinux_epoll_create(void) {
    return clinux_lift(epoll_create1(EPOLL_CLOEXEC));
}

static inline int clinux_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

static inline uint32_t clinux_epoll_event_flags(const struct epoll_event *event) {
    return event->events;
}

static inline uint64_t clinux_epoll_event_data(const struct epoll_event *event) {
    return event->data.u64;
}

/* Whether epoll would watch the descriptor: 0, or -errno (-EPERM for a file that never blocks). */
int clinux_epoll_probe(int descriptor);

static inline int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
    int count = epoll_wait(epoll, events, capacity, milliseconds);
    return count < 0 ? -errno : count;
}

/* Nanosecond time-outs; -ENOSYS before Linux 5.11. A negative time-out waits for ever. */
int clinux_epoll_pwait2(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds);

/* poll(2)'s flags; POLLRDHUP is not visible outside this module. */
#define CLINUX_POLL_READABLE 0x001
#define CLINUX_POLL_WRITABLE 0x004
#define CLINUX_POLL_FAILED 0x018 /* POLLERR, POLLHUP */
#define CLINUX_POLL_PEER_CLOSED 0x2000
#define CLINUX_POLL_ALL 0x2005

/* One descriptor, no wait: poll(2)'s revents, or -errno. */
int clinux_poll_now(int descriptor, short events);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t clinux_monotonic_now(void);

/* The address of the calling thread's control block: cheap, unique among living threads. */
static inline uintptr_t clinux_thread_identity(void) {
#if defined(__x86_64__)
    uintptr_t identity;
    __asm__("movq %%fs:0, %0" : "=r"(identity));
    return identity;
#else
    return (uintptr_t)__builtin_thread_pointer();
#endif
}

/* Tell the thread sanitizer of a lock that code it does not see has taken, or is about to give back; else nothing. */
void clinux_lock_acquired(void *lock);
void clinux_lock_released(void *lock);

/* Ignores SIGPIPE for the process unless the program has already given it a handler. */
void clinux_ignore_sigpipe(void);

/* The index of a network interface, or 0. The name is a valid C string of at most 15 bytes. */
unsigned int clinux_interface_index(const char *name);
/* Fills `name` (16 bytes); false when no interface has that index. */
bool clinux_interface_name(unsigned int index, char *name);

#endif
