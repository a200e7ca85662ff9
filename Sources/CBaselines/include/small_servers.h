/* Two small servers in plain C, each on epoll and on libevent's event: what the servers of the comparison do beside echo. They
   serve until SIGINT or SIGTERM, and return 0, or -errno when they could not start. */
#ifndef CBASELINES_SMALL_SERVERS_H
#define CBASELINES_SMALL_SERVERS_H

/* Sends every datagram back to its sender. `method` is NULL for epoll itself, else libevent's. */
int cbaseline_datagrams(int socket, const char *method);

/* Sends what one connection sends to all of them. Who does not take it at once is closed. */
int cbaseline_fanout(int listener, const char *method);

#endif
