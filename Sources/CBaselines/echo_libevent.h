/* What both echo servers over libevent need: a base on a method, a listener, the signals that end them. */
#ifndef ECHO_LIBEVENT_H
#define ECHO_LIBEVENT_H

#include <sys/types.h>

#include <event2/event.h>
#include <event2/listener.h>

struct echo_server {
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *signals[2];
    struct event *resume; /* accepts again after descriptors had run out */
};

/* A base on epoll, epoll-changelist, poll or select; NULL where this libevent does not have it. */
struct event_base *echo_base_on(const char *method);

/* Fills `server`, whose callback gets each connection and `context`. 0 or -errno. */
int echo_server_open(
    struct echo_server *server, int listener, const char *method, evconnlistener_cb accepted, void *context
);

/* Runs until a signal. */
void echo_server_run(struct echo_server *server);

void echo_server_close(struct echo_server *server);

#endif
