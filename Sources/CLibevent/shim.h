/* First, so that fd_set means here what it means in every other module: libevent's
   own configuration defines _GNU_SOURCE, which would rename its member. */
#include <sys/types.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <event2/util.h>

#include <errno.h>
#include <unistd.h>

/* Bytes written, or -errno: read at once, before any other code can overwrite it. libevent reports
   sendfile's EAGAIN as 0 bytes; here 0 means that a file ended before its segment did. */
static inline long clibevent_write(struct evbuffer *buffer, int descriptor, ev_ssize_t limit) {
    int count;
    do {
        errno = 0;
        count = evbuffer_write_atmost(buffer, descriptor, limit);
    } while (count <= 0 && errno == EINTR);
    return count > 0 ? count : -errno;
}

/* 1 when the file has a byte at this offset, 0 when it ends before, -errno. */
static inline int clibevent_has_byte(int descriptor, int64_t offset) {
    char byte;
    ssize_t count;
    do count = pread(descriptor, &byte, 1, offset);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : (int)count;
}

/* 0 or -errno; a failure for which the system gave no reason is a lack of memory. */
static inline int clibevent_file_segment(
    int descriptor, ev_off_t offset, ev_off_t length, unsigned flags, struct evbuffer_file_segment **segment
) {
    errno = 0;
    *segment = evbuffer_file_segment_new(descriptor, offset, length, flags);
    return *segment != NULL ? 0 : errno != 0 ? -errno : -ENOMEM;
}

static inline int clibevent_add_file_segment(
    struct evbuffer *buffer, struct evbuffer_file_segment *segment, ev_off_t offset, ev_off_t length
) {
    errno = 0;
    if (evbuffer_add_file_segment(buffer, segment, offset, length) == 0) return 0;
    return errno != 0 ? -errno : -ENOMEM;
}
