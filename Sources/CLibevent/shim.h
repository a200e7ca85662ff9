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
