#include "echo_libevent.h"

#include "CBaselines.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

const char *cbaseline_libevent_version(void) {
    return event_get_version();
}

struct event_base *echo_base_on(const char *method) {
    const char *name = strcmp(method, "epoll-changelist") == 0 ? "epoll" : method;
    /* Not event_get_supported_methods, which frees the list that another thread was given. */
    static const char *const methods[] = {"epoll", "poll", "select", NULL};
    int wanted = 0;
    while (methods[wanted] != NULL && strcmp(methods[wanted], name) != 0) wanted++;
    if (methods[wanted] == NULL) return NULL;
    struct event_config *config = event_config_new();
    if (config == NULL) return NULL;
    int flags = EVENT_BASE_FLAG_IGNORE_ENV;
    if (name != method) flags |= EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST;
    event_config_set_flag(config, flags);
    for (int i = 0; methods[i] != NULL; i++) {
        if (i != wanted) event_config_avoid_method(config, methods[i]);
    }
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void stop(evutil_socket_t signal, short what, void *context) {
    (void)signal, (void)what;
    struct echo_server *server = context;
    event_base_loopexit(server->base, NULL);
}

static void accept_again(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor, (void)what;
    struct echo_server *server = context;
    evconnlistener_enable(server->listener);
}

/* Without a pause, a full descriptor table makes a loop that never rests. */
static void accept_failed(struct evconnlistener *listener, void *context) {
    struct echo_server *server = context;
    const struct timeval pause = {.tv_usec = 250000};
    evconnlistener_disable(listener);
    event_add(server->resume, &pause);
}

static int fail(struct echo_server *server, int error) {
    echo_server_close(server);
    return -error;
}

int echo_server_open(
    struct echo_server *server, int listener, const char *method, evconnlistener_cb accepted, void *context
) {
    memset(server, 0, sizeof *server);
    server->base = echo_base_on(method);
    if (server->base == NULL) return fail(server, ENOTSUP);
    server->listener = evconnlistener_new(server->base, accepted, context, LEV_OPT_CLOSE_ON_EXEC, 0, listener);
    server->resume = evtimer_new(server->base, accept_again, server);
    server->signals[0] = evsignal_new(server->base, SIGINT, stop, server);
    server->signals[1] = evsignal_new(server->base, SIGTERM, stop, server);
    if (server->listener == NULL || server->resume == NULL) return fail(server, ENOMEM);
    evconnlistener_set_error_cb(server->listener, accept_failed);
    for (int i = 0; i < 2; i++) {
        if (server->signals[i] == NULL || event_add(server->signals[i], NULL) < 0) return fail(server, ENOMEM);
    }
    return 0;
}

void echo_server_run(struct echo_server *server) {
    event_base_dispatch(server->base);
}

void echo_server_close(struct echo_server *server) {
    for (int i = 0; i < 2; i++) {
        if (server->signals[i] != NULL) event_free(server->signals[i]);
    }
    if (server->resume != NULL) event_free(server->resume);
    if (server->listener != NULL) evconnlistener_free(server->listener);
    if (server->base != NULL) event_base_free(server->base);
}
