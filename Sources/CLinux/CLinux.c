#define _GNU_SOURCE
#include "CLinux.h"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>

_Thread_local int clinux_releases_counter;
_Thread_local int clinux_borrows_counter;

long clinux_read_failed(int descriptor, void *buffer, size_t count) {
    if (errno != EINTR) return -errno;
    CLINUX_RETRY(read(descriptor, buffer, count));
}

long clinux_send_failed(int descriptor, const void *buffer, size_t count, int flags) {
    if (errno != EINTR) return -errno;
    CLINUX_RETRY(send(descriptor, buffer, count, flags));
}

int clinux_accept(int descriptor, struct sockaddr_storage *peer, socklen_t *peer_length) {
    *peer_length = sizeof *peer;
    int accepted;
    do {
        accepted = accept4(descriptor, (struct sockaddr *)peer, peer_length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (accepted < 0 && errno == EINTR);
    return clinux_lift(accepted);
}

int clinux_pipe(int descriptors[2]) {
    return pipe2(descriptors, O_NONBLOCK | O_CLOEXEC) < 0 ? -errno : clinux_lift_pair(descriptors);
}

long clinux_send_pair(int descriptor, const void *first, size_t first_count, const void *second, size_t second_count) {
    struct iovec vectors[2] = {
        {.iov_base = (void *)first, .iov_len = first_count}, {.iov_base = (void *)second, .iov_len = second_count}
    };
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
    CLINUX_RETRY(sendmsg(descriptor, &message, MSG_NOSIGNAL));
}

long clinux_receive_message(
    int descriptor, void *buffer, size_t count, int *flags, struct sockaddr_storage *sender, socklen_t *sender_length
) {
    struct iovec vector = {.iov_base = buffer, .iov_len = count};
    struct msghdr message = {
        .msg_name = sender, .msg_namelen = sizeof *sender, .msg_iov = &vector, .msg_iovlen = 1
    };
    long received;
    do {
        received = recvmsg(descriptor, &message, *flags);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    *flags = message.msg_flags;
    *sender_length = message.msg_namelen;
    return received;
}

int clinux_at_mark(int descriptor) {
    int at_mark = sockatmark(descriptor);
    return at_mark < 0 ? -errno : at_mark;
}

bool clinux_took_empty_message(int descriptor) {
    int type = SOCK_STREAM;
    socklen_t length = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type == SOCK_STREAM) return false;
    if (type != SOCK_SEQPACKET) return true;
    /* A connection of messages has ended when the peer is gone and nothing is left to read. */
    bool is_over = (clinux_poll_now(descriptor, POLLRDHUP) & (POLLRDHUP | POLLHUP)) != 0;
    return !is_over || clinux_bytes_readable(descriptor) > 0;
}

bool clinux_is_terminal_master(int descriptor) {
    unsigned int number;
    return ioctl(descriptor, TIOCGPTN, &number) == 0;
}

int clinux_epoll_probe(int descriptor) {
    int epoll = clinux_epoll_create();
    if (epoll < 0) return epoll;
    int result = clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, EPOLLIN, 0);
    close(epoll);
    return result;
}

int clinux_epoll_pwait2(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int count = (int)syscall(
        SYS_epoll_pwait2, epoll, events, capacity, nanoseconds < 0 ? NULL : &limit, NULL, (size_t)0
    );
    return count < 0 ? -errno : count;
}

_Static_assert(
    CLINUX_POLL_READABLE == POLLIN && CLINUX_POLL_WRITABLE == POLLOUT && CLINUX_POLL_FAILED == (POLLERR | POLLHUP)
        && CLINUX_POLL_PEER_CLOSED == POLLRDHUP,
    "the numbers in CLinux.h are this system's"
);

int clinux_poll_now(int descriptor, short events) {
    struct pollfd request = {.fd = descriptor, .events = events};
    int count;
    do {
        count = poll(&request, 1, 0);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : request.revents;
}

int64_t clinux_monotonic_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#if defined(__has_feature) && __has_feature(thread_sanitizer)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
void clinux_lock_acquired(void *lock) { __tsan_acquire(lock); }
void clinux_lock_released(void *lock) { __tsan_release(lock); }
#else
void clinux_lock_acquired(void *lock) { (void)lock; }
void clinux_lock_released(void *lock) { (void)lock; }
#endif

void clinux_ignore_sigpipe(void) {
    struct sigaction current;
    if (sigaction(SIGPIPE, NULL, &current) < 0 || current.sa_handler != SIG_DFL) return;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

unsigned int clinux_interface_index(const char *name) {
    return if_nametoindex(name);
}

bool clinux_interface_name(unsigned int index, char *name) {
    return if_indextoname(index, name) != NULL;
}

int clinux_lock_folder(const char *path) {
    int folder = clinux_lift(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder < 0) return folder;
    if (flock(folder, LOCK_EX | LOCK_NB) == 0) return folder;
    int error = errno;
    close(folder);
    return -error;
}
