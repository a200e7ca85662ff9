#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

long clinux_splice(int from, int to, size_t count) {
    CLINUX_RETRY(splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

static sigset_t set_of(unsigned long signals) {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal <= 64; signal++) {
        if (signals >> (signal - 1) & 1) sigaddset(&set, signal);
    }
    return set;
}

int clinux_block_signals(unsigned long signals) {
    sigset_t set = set_of(signals);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int clinux_unblock_signals(unsigned long signals) {
    sigset_t set = set_of(signals);
    return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int clinux_signalfd(unsigned long signals) {
    sigset_t set = set_of(signals);
    return clinux_lift(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int clinux_signalfd_take(int descriptor, pid_t *sender) {
    struct signalfd_siginfo information;
    long count = clinux_read(descriptor, &information, sizeof information);
    if (count < 0) return (int)count;
    *sender = (pid_t)information.ssi_pid;
    return (int)information.ssi_signo;
}

int clinux_poll_one(int descriptor, int milliseconds) {
    struct pollfd request = {.fd = descriptor, .events = POLLIN};
    int result;
    do {
        result = poll(&request, 1, milliseconds);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}
