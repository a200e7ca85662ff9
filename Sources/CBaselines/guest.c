#include "guest.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct cbaseline_guest {
    struct event_base *base;
    bool owns_base;
    struct evconnlistener *listener;
    /* The connection that it serves; it needs no more than one. */
    struct bufferevent *connection;
    struct event *timer;
    long ticks;
};

static void on_read(struct bufferevent *connection, void *context) {
    (void)context;
    bufferevent_write_buffer(connection, bufferevent_get_input(connection));
}

static void drop_connection(struct cbaseline_guest *guest) {
    if (guest->connection) bufferevent_free(guest->connection);
    guest->connection = NULL;
}

static void on_end(struct bufferevent *connection, short what, void *context) {
    (void)connection;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) drop_connection(context);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t socket, struct sockaddr *address, int length,
                      void *context) {
    (void)listener, (void)address, (void)length;
    struct cbaseline_guest *guest = context;
    drop_connection(guest);
    guest->connection = bufferevent_socket_new(guest->base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (!guest->connection) {
        close(socket);
        return;
    }
    bufferevent_setcb(guest->connection, on_read, NULL, on_end, guest);
    bufferevent_enable(guest->connection, EV_READ | EV_WRITE);
}

static void on_tick(evutil_socket_t socket, short what, void *context) {
    (void)socket, (void)what;
    ((struct cbaseline_guest *)context)->ticks++;
}

struct cbaseline_guest *cbaseline_guest_open(struct event_base *base, int listener) {
    struct timeval millisecond = {.tv_usec = 1000};
    struct cbaseline_guest *guest = calloc(1, sizeof *guest);
    if (!guest) {
        close(listener);
        return NULL;
    }
    guest->owns_base = !base;
    guest->base = base ? base : event_base_new();
    if (guest->base) {
        guest->listener = evconnlistener_new(guest->base, on_accept, guest, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, listener);
        guest->timer = event_new(guest->base, -1, EV_PERSIST, on_tick, guest);
    }
    if (!guest->listener) close(listener);
    if (!guest->listener || !guest->timer || event_add(guest->timer, &millisecond) < 0) {
        cbaseline_guest_close(guest);
        return NULL;
    }
    return guest;
}

struct event_base *cbaseline_guest_base(const struct cbaseline_guest *guest) {
    return guest->base;
}

long cbaseline_guest_ticks(const struct cbaseline_guest *guest) {
    return guest->ticks;
}

int cbaseline_guest_run(struct cbaseline_guest *guest, long ticks, int seconds) {
    long enough = guest->ticks + ticks;
    time_t end = time(NULL) + seconds;
    while (guest->ticks < enough) {
        if (time(NULL) > end || event_base_loop(guest->base, EVLOOP_ONCE) < 0) return -1;
    }
    return 0;
}

void cbaseline_guest_close(struct cbaseline_guest *guest) {
    drop_connection(guest);
    if (guest->timer) event_free(guest->timer);
    if (guest->listener) evconnlistener_free(guest->listener);
    if (guest->owns_base && guest->base) event_base_free(guest->base);
    free(guest);
}
