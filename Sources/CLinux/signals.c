#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define SIGNAL_COUNT 64

/* The handler reads these; everything else here runs under `lock`. */
struct mailbox {
    _Atomic int descriptor; /* -1: free */
    _Atomic pid_t process;  /* a forked child must not write into its parent's eventfd */
    _Atomic uint64_t interest;
    _Atomic uint64_t arrived;
    _Atomic int handlers; /* how many handlers are looking at it now */
};

static struct mailbox mailboxes[CLINUX_MAILBOX_COUNT];
static _Atomic int mailboxes_used; /* the numbers from here on were never claimed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int subscribers[SIGNAL_COUNT + 1];
static struct sigaction previous[SIGNAL_COUNT + 1];

static void on_signal(int signal) {
    int saved = errno;
    uint64_t bit = (uint64_t)1 << (signal - 1);
    int used = atomic_load(&mailboxes_used);
    for (int i = 0; i < used; i++) {
        struct mailbox *mailbox = &mailboxes[i];
        if (!(atomic_load(&mailbox->interest) & bit)) continue;
        atomic_fetch_add(&mailbox->handlers, 1);
        /* Asked again: from here on whoever withdraws the interest waits for this handler. */
        if (atomic_load(&mailbox->interest) & bit && atomic_load(&mailbox->process) == getpid()) {
            atomic_fetch_or(&mailbox->arrived, bit);
            clinux_eventfd_signal(atomic_load(&mailbox->descriptor));
        }
        atomic_fetch_sub(&mailbox->handlers, 1);
    }
    errno = saved;
}

/* A handler that began before the interest was withdrawn may still hold the descriptor. With this
   thread's signals blocked, the ones counted run on other threads and will end; later ones find no
   interest and are not counted, so a storm of signals cannot prolong the wait for ever. */
static void wait_for_handlers(struct mailbox *mailbox) {
    while (atomic_load(&mailbox->handlers) > 0) sched_yield();
}

static void lock_signals(sigset_t *old) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, old);
    pthread_mutex_lock(&lock);
}

static void unlock_signals(const sigset_t *old) {
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* A child starts with the lock free and with no handler running: the threads that had them are not in it. */
static void before_fork(void) {
    pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&lock);
}

static void after_fork_in_child(void) {
    for (int i = 0; i < CLINUX_MAILBOX_COUNT; i++) atomic_store(&mailboxes[i].handlers, 0);
    pthread_mutex_unlock(&lock);
}

static void prepare_for_fork(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

int clinux_mailbox_open(int descriptor) {
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, prepare_for_fork);
    sigset_t old;
    lock_signals(&old);
    int used = atomic_load(&mailboxes_used);
    int number = 0;
    while (number < used && atomic_load(&mailboxes[number].descriptor) >= 0) number++;
    if (number == CLINUX_MAILBOX_COUNT) {
        unlock_signals(&old);
        return -EAGAIN;
    }
    struct mailbox *mailbox = &mailboxes[number];
    atomic_store(&mailbox->interest, 0);
    atomic_store(&mailbox->arrived, 0);
    atomic_store(&mailbox->process, getpid());
    atomic_store(&mailbox->descriptor, descriptor);
    if (number == used) atomic_store(&mailboxes_used, used + 1);
    unlock_signals(&old);
    return number;
}

static void unsubscribe_locked(struct mailbox *mailbox, int signal) {
    uint64_t bit = (uint64_t)1 << (signal - 1);
    if (!(atomic_fetch_and(&mailbox->interest, ~bit) & bit)) return;
    if (--subscribers[signal] > 0) return;
    /* Whoever has installed a handler of their own since then keeps it. */
    struct sigaction current;
    if (sigaction(signal, NULL, &current) == 0 && current.sa_handler == on_signal) {
        sigaction(signal, &previous[signal], NULL);
    }
}

void clinux_mailbox_close(int number) {
    sigset_t old;
    lock_signals(&old);
    struct mailbox *mailbox = &mailboxes[number];
    for (int signal = 1; signal <= SIGNAL_COUNT; signal++) unsubscribe_locked(mailbox, signal);
    wait_for_handlers(mailbox);
    atomic_store(&mailbox->descriptor, -1);
    unlock_signals(&old);
}

/* The kernel raises these for an instruction that failed; a handler that returns runs it again, for ever. */
static bool is_fault(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGTRAP;
}

int clinux_mailbox_subscribe(int number, int signal) {
    if (signal < 1 || signal > SIGNAL_COUNT || is_fault(signal)) return -EINVAL;
    struct mailbox *mailbox = &mailboxes[number];
    uint64_t bit = (uint64_t)1 << (signal - 1);
    int result = 0;
    sigset_t old;
    lock_signals(&old);
    if (atomic_fetch_or(&mailbox->interest, bit) & bit) {
        unlock_signals(&old);
        return 0;
    }
    if (subscribers[signal] == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigfillset(&action.sa_mask);
        if (sigaction(signal, &action, &previous[signal]) < 0) result = -errno;
    }
    if (result == 0) {
        subscribers[signal]++;
    } else {
        atomic_fetch_and(&mailbox->interest, ~bit);
    }
    unlock_signals(&old);
    return result;
}

void clinux_mailbox_unsubscribe(int number, int signal) {
    if (signal < 1 || signal > SIGNAL_COUNT) return;
    sigset_t old;
    struct mailbox *mailbox = &mailboxes[number];
    lock_signals(&old);
    unsubscribe_locked(mailbox, signal);
    wait_for_handlers(mailbox);
    atomic_fetch_and(&mailbox->arrived, ~((uint64_t)1 << (signal - 1)));
    unlock_signals(&old);
}

uint64_t clinux_mailbox_take(int number) {
    return atomic_exchange(&mailboxes[number].arrived, 0);
}
