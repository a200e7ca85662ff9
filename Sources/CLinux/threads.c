#define _GNU_SOURCE
#include "CLinuxThreads.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct start {
    void (*body)(void *context);
    void *context;
    char name[16];
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.context);
    return NULL;
}

/* Detached from its beginning. Of a thread that is detached later the address sanitizer keeps the number after its end, and
 * then does not search the next thread of that number for what it keeps alive: leaks are reported that are none. */
static int start_detached(struct start *start) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, run, start);
    pthread_attr_destroy(&attributes);
    return error;
}

int clinux_thread_start(const char *name, void (*body)(void *context), void *context) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) return -ENOMEM;
    start->body = body;
    start->context = context;
    snprintf(start->name, sizeof start->name, "%s", name);
    int error = start_detached(start);
    if (error != 0) free(start);
    return -error;
}

bool clinux_semaphore_wait(sem_t *semaphore, int64_t deadline) {
    const int64_t second = 1000000000;
    struct timespec time = {.tv_sec = deadline / second, .tv_nsec = deadline % second};
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &time) < 0) {
        if (errno != EINTR) return false;
    }
    return true;
}
