#include "CBaselines.h"
#include "echo_libevent.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <unistd.h>

static void on_read(struct bufferevent *stream, void *context) {
    (void)context;
    evbuffer_add_buffer(bufferevent_get_output(stream), bufferevent_get_input(stream));
}

/* Called once the output is empty. */
static void on_drained(struct bufferevent *stream, void *context) {
    (void)context;
    bufferevent_free(stream);
}

static void on_event(struct bufferevent *stream, short what, void *context) {
    (void)context;
    size_t unsent = evbuffer_get_length(bufferevent_get_output(stream));
    if (!(what & BEV_EVENT_EOF) || unsent == 0) {
        bufferevent_free(stream);
        return;
    }
    bufferevent_disable(stream, EV_READ);
    bufferevent_setcb(stream, NULL, on_drained, on_event, NULL);
}

static void on_accept(
    struct evconnlistener *listener, evutil_socket_t descriptor, struct sockaddr *peer, int length, void *context
) {
    (void)peer, (void)length, (void)context;
    struct event_base *base = evconnlistener_get_base(listener);
    struct bufferevent *stream = bufferevent_socket_new(base, descriptor, BEV_OPT_CLOSE_ON_FREE);
    if (stream == NULL) {
        close(descriptor);
        return;
    }
    bufferevent_setcb(stream, on_read, NULL, on_event, NULL);
    if (bufferevent_enable(stream, EV_READ) < 0) bufferevent_free(stream);
}

/* The streams still open at the end are left to the end of the process, as programs of this kind do. */
int cbaseline_echo_bufferevent(int listener, const char *method) {
    struct echo_server server;
    int result = echo_server_open(&server, listener, method, on_accept, &server);
    if (result < 0) return result;
    echo_server_run(&server);
    echo_server_close(&server);
    return 0;
}
