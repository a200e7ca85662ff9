/* First, so that fd_set means here what it means in every other module: libevent's
   own configuration defines _GNU_SOURCE, which would rename its member. */
#include <sys/types.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <event2/util.h>
