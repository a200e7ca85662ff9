#include <sys/types.h>

#include "timers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

struct cbaseline_timers {
    struct event_base *base;
    struct event **events;
    int *order;
    int count;
    int64_t fired;
    uint64_t chance;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static uint32_t next_chance(struct cbaseline_timers *timers) {
    timers->chance = timers->chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(timers->chance >> 33);
}

static void fired(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor, (void)what;
    ((struct cbaseline_timers *)context)->fired++;
}

static int make(struct cbaseline_timers *timers) {
    struct event_config *config = event_config_new();
    if (config == NULL) return -ENOMEM;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
    timers->base = event_base_new_with_config(config);
    event_config_free(config);
    timers->events = calloc((size_t)timers->count, sizeof *timers->events);
    timers->order = calloc((size_t)timers->count, sizeof *timers->order);
    if (timers->base == NULL || timers->events == NULL || timers->order == NULL) return -ENOMEM;
    for (int i = 0; i < timers->count; i++) {
        timers->events[i] = event_new(timers->base, -1, 0, fired, timers);
        if (timers->events[i] == NULL) return -ENOMEM;
        timers->order[i] = i;
    }
    for (int i = timers->count - 1; i > 0; i--) {
        int other = (int)(next_chance(timers) % (uint32_t)(i + 1));
        int index = timers->order[i];
        timers->order[i] = timers->order[other];
        timers->order[other] = index;
    }
    return 0;
}

static void insert(struct cbaseline_timers *timers, uint32_t longest) {
    for (int i = 0; i < timers->count; i++) {
        struct timeval delay = {.tv_sec = 0, .tv_usec = next_chance(timers) % longest};
        event_add(timers->events[i], &delay);
    }
}

void cbaseline_timers_cancel_round(struct cbaseline_timers *timers, struct cbaseline_timer_times *times) {
    int64_t start = now();
    insert(timers, 1000000);
    int64_t inserted = now();
    for (int i = 0; i < timers->count; i++) event_del(timers->events[timers->order[i]]);
    times->insert += inserted - start;
    times->cancel += now() - inserted;
}

void cbaseline_timers_fire_round(struct cbaseline_timers *timers, struct cbaseline_timer_times *times) {
    insert(timers, 1000);
    int64_t due = now() + 1000000;
    while (now() < due) {
    }
    int64_t start = now();
    int64_t target = timers->fired + timers->count;
    while (timers->fired < target) event_base_loop(timers->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    times->fire += now() - start;
}

int cbaseline_timers_open(struct cbaseline_timers **timers, int count) {
    *timers = calloc(1, sizeof **timers);
    if (*timers == NULL) return -ENOMEM;
    (*timers)->count = count;
    (*timers)->chance = 1;
    int result = make(*timers);
    if (result == 0) return 0;
    cbaseline_timers_close(*timers);
    *timers = NULL;
    return result;
}

void cbaseline_timers_close(struct cbaseline_timers *timers) {
    for (int i = 0; timers->events != NULL && i < timers->count && timers->events[i] != NULL; i++) {
        event_free(timers->events[i]);
    }
    free(timers->events);
    free(timers->order);
    if (timers->base != NULL) event_base_free(timers->base);
    free(timers);
}

struct place {
    int number;
    int *order;
    int *fired;
};

static void note(evutil_socket_t descriptor, short what, void *context) {
    (void)descriptor, (void)what;
    struct place *place = context;
    place->order[(*place->fired)++] = place->number;
}

int cbaseline_timers_script(
    struct cbaseline_timers *timers, const int *delays, int count, int *order, struct cbaseline_timer_times *times) {
    struct place places[count];
    struct event *events[count];
    int fired = 0;
    int64_t start = now();
    for (int i = 0; i < count; i++) {
        places[i] = (struct place){.number = i, .order = order, .fired = &fired};
        events[i] = evtimer_new(timers->base, note, &places[i]);
        if (events[i] == NULL) continue;
        struct timeval delay = {.tv_usec = abs(delays[i]) * 1000};
        evtimer_add(events[i], &delay);
    }
    times->insert += now() - start;
    for (int i = 0; i < count; i++) {
        if (events[i] != NULL && delays[i] < 0) evtimer_del(events[i]);
    }
    event_base_dispatch(timers->base);
    for (int i = 0; i < count; i++) {
        if (events[i] != NULL) event_free(events[i]);
    }
    return fired;
}
