#define _GNU_SOURCE
#include "findings.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void close_pair(int pair[2]) {
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) close(pair[i]);
    }
}

/* Two TCP sockets, connected, that neither block nor wait for more bytes. */
static int make_tcp_pair(int pair[2]) {
    pair[0] = pair[1] = -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return -errno;
    int result = -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 1) == 0
        && getsockname(listener, (struct sockaddr *)&address, &length) == 0) {
        pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (pair[0] >= 0 && connect(pair[0], (struct sockaddr *)&address, sizeof address) == 0) {
            pair[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (pair[1] >= 0) result = fcntl(pair[0], F_SETFL, O_NONBLOCK);
        }
    }
    int error = errno;
    close(listener);
    if (result < 0) {
        close_pair(pair);
        return -error;
    }
    for (int i = 0; i < 2; i++) setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return 0;
}

/* When the loopback interface has done its work: at most so many milliseconds for what `expected` names to show. */
static void look(const int pair[2], short expected_first, short expected_second, struct finding_states *states) {
    short everything = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;
    struct pollfd requests[2] = {{.fd = pair[0], .events = everything}, {.fd = pair[1], .events = everything}};
    for (int tries = 0; tries < 2000; tries++) {
        poll(requests, 2, 0);
        if (requests[0].revents == expected_first && requests[1].revents == expected_second) break;
        usleep(500);
    }
    *states = (struct finding_states){requests[0].revents, requests[1].revents};
}

#define SHUT (POLLIN | POLLOUT | POLLRDHUP | POLLHUP)
#define PEER_SHUT (POLLIN | POLLOUT | POLLRDHUP)

int finding_shut_socket_is_written_to(struct finding_states *before, struct finding_states *after) {
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    shutdown(pair[0], SHUT_RDWR);
    look(pair, SHUT, PEER_SHUT, before);
    send(pair[1], "0123456789", 10, MSG_NOSIGNAL);
    look(pair, SHUT | POLLERR, SHUT | POLLERR, after);
    close_pair(pair);
    return 0;
}

int finding_refused_out_of_band_byte(struct finding_states *then, struct finding_states *after) {
    char buffer[16];
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    shutdown(pair[0], SHUT_RDWR);
    look(pair, SHUT, PEER_SHUT, then);
    send(pair[1], "!", 1, MSG_OOB | MSG_NOSIGNAL);
    look(pair, SHUT | POLLERR | POLLPRI, SHUT | POLLERR, then);
    /* The first gives the error, the second the end. */
    for (int i = 0; i < 3; i++) (void)!read(pair[0], buffer, sizeof buffer);
    look(pair, SHUT | POLLPRI, SHUT | POLLERR, after);
    close_pair(pair);
    return 0;
}

int finding_read_at_mark(struct finding_states *before, struct finding_states *after) {
    char buffer[16];
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    send(pair[0], "!", 1, MSG_OOB | MSG_NOSIGNAL);
    look(pair, POLLOUT, POLLOUT | POLLPRI, before);
    (void)!read(pair[1], buffer, sizeof buffer);
    look(pair, POLLOUT, POLLOUT, after);
    close_pair(pair);
    return 0;
}

int finding_write_to_closed_datagram_peer(struct finding_states *before, struct finding_states *after) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    send(pair[1], "before", 6, MSG_NOSIGNAL);
    close(pair[1]);
    pair[1] = -1;
    look(pair, POLLIN | POLLOUT, 0, before);
    send(pair[0], "after", 5, MSG_NOSIGNAL);
    look(pair, POLLOUT, 0, after);
    close_pair(pair);
    return 0;
}

int finding_write_without_writability(long *taken) {
    char buffer[4096] = {0};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    while (send(pair[0], buffer, sizeof buffer, MSG_NOSIGNAL) > 0) {}
    (void)!read(pair[1], buffer, sizeof buffer);
    struct pollfd request = {.fd = pair[0], .events = POLLOUT};
    bool was_writable = poll(&request, 1, 0) != 0;
    long result = send(pair[0], buffer, 1, MSG_NOSIGNAL);
    *taken = was_writable || result < 0 ? 0 : result;
    close_pair(pair);
    return 0;
}

static long queue(int descriptor, unsigned long which) {
    int count = 0;
    ioctl(descriptor, which, &count);
    return count;
}

static char piece[1 << 16];

/* Writes until nothing more is taken; returns how much was. */
static long fill(int descriptor, size_t size) {
    long total = 0;
    for (long count; (count = send(descriptor, piece, size, MSG_NOSIGNAL)) > 0;) total += count;
    return total;
}

/* Reads what is there, without waiting. */
static long empty(int descriptor) {
    char buffer[1 << 16];
    long total = 0;
    for (long count; (count = read(descriptor, buffer, sizeof buffer)) > 0;) total += count;
    return total;
}

/* Until what a filled socket has sent is acknowledged, so that it only waits for room. */
static void come_to_rest(const int pair[2]) {
    int one = 1;
    for (int tries = 0; tries < 2000; tries++) {
        setsockopt(pair[1], IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
        if (queue(pair[0], SIOCOUTQ) == queue(pair[0], SIOCOUTQNSD)) return;
        usleep(500);
    }
}

static long milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* `is_late`: it took so long that the writer's timer, of 200 ms, may have found out by itself. */
static int left_after_reading_once(bool is_shut, long *left, bool *is_late) {
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    if (is_shut) shutdown(pair[1], SHUT_RD);
    long start = milliseconds_now();
    fill(pair[0], sizeof piece);
    come_to_rest(pair);
    long end = milliseconds_now() + 100;
    /* Some looks in any case: a reader that was held up has not looked for as long as the clock says. */
    for (int looks = 1;; looks++) {
        empty(pair[1]);
        *left = queue(pair[0], SIOCOUTQNSD);
        if (*left == 0 || (looks >= 20 && milliseconds_now() >= end)) break;
        usleep(1000);
    }
    *is_late = milliseconds_now() - start >= 200;
    close_pair(pair);
    return 0;
}

/* A machine that is busy may be late once, but not time after time. */
static int left_after_reading(bool is_shut, long *left) {
    bool is_late = true;
    int result = 0;
    for (int tries = 0; tries < 20 && is_late && result == 0; tries++) {
        result = left_after_reading_once(is_shut, left, &is_late);
    }
    return result;
}

int finding_room_that_is_not_told(long *left_when_open, long *left_when_shut) {
    int result = left_after_reading(false, left_when_open);
    return result < 0 ? result : left_after_reading(true, left_when_shut);
}

/* What was sent of so many bytes and has not come, also when it was given the time to cross the loopback interface. */
static long missing_of(long sent, const int pair[2]) {
    long missing = 0;
    for (int tries = 0; tries < 100; tries++) {
        missing = sent - queue(pair[0], SIOCOUTQNSD) - queue(pair[1], SIOCINQ);
        if (missing == 0) break;
        usleep(1000);
    }
    return missing;
}

/* Reads all of so many bytes, which may take a timer or two. */
static void empty_all(int descriptor, long count) {
    for (int tries = 0; tries < 4000 && count > 0; tries++) {
        long taken = empty(descriptor);
        count -= taken;
        if (taken == 0) usleep(500);
    }
}

/* The same with buffers that do not grow. */
static int make_small_tcp_pair(int pair[2]) {
    int send_size = 128 << 10, receive_size = 64 << 10;
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    for (int i = 0; i < 2; i++) {
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &send_size, sizeof send_size);
        setsockopt(pair[i], SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
    }
    return 0;
}

static int becomes_writable_after(int small_writes, bool *becomes_writable) {
    int pair[2];
    int result = make_small_tcp_pair(pair);
    if (result < 0) return result;
    struct pollfd request = {.fd = pair[0], .events = POLLOUT};
    for (int i = 0; i < small_writes; i++) send(pair[0], piece, 1 + i * 37 % 200, MSG_NOSIGNAL);
    for (int tries = 0; tries < 100 && poll(&request, 1, 0) > 0; tries++) {
        fill(pair[0], sizeof piece);
        come_to_rest(pair);
    }
    *becomes_writable = poll(&request, 1, 500) > 0;
    close_pair(pair);
    return 0;
}

int finding_filled_becomes_writable(bool *becomes_writable) {
    int result = 0;
    *becomes_writable = false;
    /* Few of them show it, and on a busy machine a timer spoils them. */
    for (int tries = 0; tries < 100 && result == 0 && !*becomes_writable; tries++) {
        result = becomes_writable_after(tries % 20, becomes_writable);
    }
    return result;
}

int finding_dropped_by_the_receiver(int size, long *missing) {
    int pair[2];
    int result = make_small_tcp_pair(pair);
    if (result < 0) return result;
    *missing = 0;
    for (int round = 0; round < 30 && *missing == 0; round++) {
        long sent = 0;
        for (int i = 0; i < round % 8; i++) sent += send(pair[0], piece, 100, MSG_NOSIGNAL);
        sent += fill(pair[0], size);
        *missing = missing_of(sent, pair);
        empty_all(pair[1], sent);
    }
    close_pair(pair);
    return 0;
}

static int shut_after(int milliseconds, bool *is_reset) {
    int second = 1;
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    setsockopt(pair[1], IPPROTO_TCP, TCP_LINGER2, &second, sizeof second);
    close(pair[1]);
    pair[1] = -1;
    usleep(1000 * (useconds_t)milliseconds);
    shutdown(pair[0], SHUT_WR);
    struct pollfd request = {.fd = pair[0], .events = 0};
    poll(&request, 1, 1000);
    *is_reset = request.revents & POLLERR;
    close_pair(pair);
    return 0;
}

int finding_forgotten_peer(bool *is_reset_at_once, bool *is_reset_later) {
    int result = shut_after(0, is_reset_at_once);
    *is_reset_later = false;
    for (int wait = 1500; wait <= 6000 && result == 0 && !*is_reset_later; wait *= 2) {
        result = shut_after(wait, is_reset_later);
    }
    return result;
}

int finding_edges_of_a_shutdown(int *edges) {
    int pair[2];
    int result = make_tcp_pair(pair);
    if (result < 0) return result;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
    while (epoll_wait(epoll, &event, 1, 0) > 0) {}
    shutdown(pair[0], SHUT_WR);
    *edges = 0;
    while (epoll_wait(epoll, &event, 1, 200) > 0) ++*edges;
    close(epoll);
    close_pair(pair);
    return 0;
}

/* Whether an epoll instance of this process has the number registered (proc(5), fdinfo). */
static bool is_registered(int number) {
    bool is_found = false;
    char path[64], line[256];
    DIR *directory = opendir("/proc/self/fdinfo");
    if (directory == NULL) return false;
    for (struct dirent *entry; !is_found && (entry = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/fdinfo/%.20s", entry->d_name);
        FILE *file = fopen(path, "re");
        int found;
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            if (sscanf(line, "tfd: %d", &found) == 1 && found == number) is_found = true;
        }
        if (file != NULL) fclose(file);
    }
    closedir(directory);
    return is_found;
}

static void do_nothing(evutil_socket_t number, short what, void *context) {
    (void)number, (void)what, (void)context;
}

static int is_left_after_removal(int flags, int *is_left) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    /* A high number, that nobody else gets meanwhile. */
    int number = fcntl(pair[0], F_DUPFD_CLOEXEC, 700);
    struct event_config *config = event_config_new();
    event_config_avoid_method(config, "poll");
    event_config_avoid_method(config, "select");
    event_config_set_flag(config, flags);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL || number < 0) return -ENOMEM;
    struct event *event = event_new(base, number, EV_READ | EV_PERSIST, do_nothing, NULL);
    event_add(event, NULL);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    event_del(event);
    close(number);
    event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
    *is_left = is_registered(number);
    event_free(event);
    event_base_free(base);
    close_pair(pair);
    return 0;
}

int finding_removed_with_change_list(int *is_left_without, int *is_left_with) {
    int result = is_left_after_removal(EVENT_BASE_FLAG_IGNORE_ENV, is_left_without);
    if (result < 0) return result;
    return is_left_after_removal(EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST, is_left_with);
}

struct timers {
    struct event **events;
    int count;
};

struct order {
    int last;
    int out_of_order;
};

struct numbered {
    struct order *order;
    int number;
};

static void timer_fired(evutil_socket_t number, short what, void *context) {
    (void)number, (void)what;
    struct numbered *numbered = context;
    if (numbered->number < numbered->order->last) numbered->order->out_of_order++;
    numbered->order->last = numbered->number;
}

/* In a callback it is one and the same time for libevent: all are due in one microsecond. */
static void add_timers(evutil_socket_t number, short what, void *context) {
    (void)number, (void)what;
    struct timers *timers = context;
    struct timeval delay = {.tv_usec = 20000};
    for (int i = 0; i < timers->count; i++) event_add(timers->events[i], &delay);
}

int finding_timers_out_of_order(int count, int *out_of_order) {
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    struct event **events = calloc((size_t)count, sizeof *events);
    struct timers timers = {events, count};
    struct numbered *numbered = calloc((size_t)count, sizeof *numbered);
    struct order order = {.last = -1};
    struct timeval at_once = {0};
    if (base == NULL || events == NULL || numbered == NULL) return -ENOMEM;
    for (int i = 0; i < count; i++) {
        numbered[i] = (struct numbered){&order, i};
        events[i] = event_new(base, -1, 0, timer_fired, &numbered[i]);
    }
    event_base_once(base, -1, EV_TIMEOUT, add_timers, &timers, &at_once);
    event_base_loop(base, 0);
    *out_of_order = order.out_of_order;
    for (int i = 0; i < count; i++) event_free(events[i]);
    event_base_free(base);
    free(events);
    free(numbered);
    return 0;
}
