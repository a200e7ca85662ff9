#define _GNU_SOURCE
#include "CLinux.h"

#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

int clinux_select_limited(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                          int64_t *microseconds) {
    struct timeval left = {.tv_sec = *microseconds / 1000000, .tv_usec = *microseconds % 1000000};
    int ready = select(limit, (fd_set *)readable, (fd_set *)writable, (fd_set *)exceptional,
                       *microseconds < 0 ? NULL : &left);
    int error = errno;
    if (*microseconds >= 0) *microseconds = (int64_t)left.tv_sec * 1000000 + left.tv_usec;
    return ready < 0 ? -error : ready;
}

int clinux_pselect_limited(int limit, unsigned long *readable, unsigned long *writable, unsigned long *exceptional,
                           int64_t *nanoseconds) {
    struct timespec left = {.tv_sec = *nanoseconds / 1000000000, .tv_nsec = *nanoseconds % 1000000000};
    int ready = pselect(limit, (fd_set *)readable, (fd_set *)writable, (fd_set *)exceptional,
                        *nanoseconds < 0 ? NULL : &left, NULL);
    int error = errno;
    if (*nanoseconds >= 0) *nanoseconds = (int64_t)left.tv_sec * 1000000000 + left.tv_nsec;
    return ready < 0 ? -error : ready;
}

static struct itimerspec after(int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return (struct itimerspec){.it_value = time};
}

int clinux_readable_after(int64_t nanoseconds) {
    int descriptor = clinux_lift(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (descriptor < 0) return descriptor;
    struct itimerspec time = after(nanoseconds);
    if (timerfd_settime(descriptor, 0, &time, NULL) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

static timer_t interruption_timer;
static struct sigaction earlier_action;
static sigset_t earlier_mask;

static void do_nothing(int signal) {
    (void)signal;
}

int clinux_interruptions_begin(int64_t nanoseconds) {
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &interruption_timer) < 0) return -errno;
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigaction(SIGALRM, &action, &earlier_action);
    pthread_sigmask(SIG_UNBLOCK, &alarm, &earlier_mask);
    struct itimerspec time = after(nanoseconds);
    time.it_interval = time.it_value;
    if (timer_settime(interruption_timer, 0, &time, NULL) == 0) return 0;
    int error = errno;
    clinux_interruptions_end();
    return -error;
}

void clinux_interruptions_end(void) {
    timer_delete(interruption_timer);
    pthread_sigmask(SIG_SETMASK, &earlier_mask, NULL);
    sigaction(SIGALRM, &earlier_action, NULL);
}

long clinux_write_noting_sigpipe(int descriptor, const void *buffer, size_t count, bool *raised) {
    sigset_t broken_pipe, earlier;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    /* A blocked signal is kept even where it would be ignored. */
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &earlier);
    long result = clinux_write(descriptor, buffer, count);
    const struct timespec now = {0};
    *raised = sigtimedwait(&broken_pipe, NULL, &now) == SIGPIPE;
    pthread_sigmask(SIG_SETMASK, &earlier, NULL);
    return result;
}
