#define _GNU_SOURCE
#include "CLinux.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

int clinux_pin_to_core(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int clinux_die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return -errno;
    /* It may have ended before the kernel was asked to tell. */
    if (getppid() != parent) raise(SIGKILL);
    return 0;
}

/* What we ignore stays ignored (nohup), but for SIGPIPE, which we ignore for ourselves. Our handlers must not
   swallow a signal between here and exec. */
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction current;
        if (sigaction(signal, NULL, &current) < 0) continue;
        if (current.sa_handler != SIG_IGN || signal == SIGPIPE) sigaction(signal, &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A number above those of the standard streams, so that placing one does not close the next. */
static int lift(int descriptor) {
    if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
    return fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int place(int descriptor, int number) {
    return descriptor < 0 ? 0 : dup2(descriptor, number);
}

static int place_streams(const struct clinux_launch *launch) {
    int sources[3] = {launch->input, launch->output, launch->errors};
    for (int number = 0; number < 3; number++) {
        if (sources[number] < 0) continue;
        sources[number] = lift(sources[number]);
        if (sources[number] < 0) return -1;
    }
    for (int number = 0; number < 3; number++) {
        if (place(sources[number], number) < 0) return -1;
    }
    return 0;
}

static int become(const struct clinux_launch *launch, pid_t parent) {
    reset_signals();
    int result = launch->dies_with_us ? clinux_die_with_parent(parent) : 0;
    if (result == 0 && launch->core >= 0) result = clinux_pin_to_core(launch->core);
    if (result < 0) return -result;
    if (place_streams(launch) < 0) return errno;
    if (launch->directory != NULL && chdir(launch->directory) < 0) return errno;
    if (launch->environment != NULL) {
        execvpe(launch->path, launch->arguments, launch->environment);
    } else {
        execvp(launch->path, launch->arguments);
    }
    return errno;
}

pid_t clinux_spawn(const struct clinux_launch *launch) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    sigset_t all, old;
    sigfillset(&all);
    /* No handler of ours may run in the child before its signals are reset. */
    sigprocmask(SIG_SETMASK, &all, &old);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        int failure = become(launch, parent);
        clinux_write(report[1], &failure, sizeof failure);
        _exit(127);
    }
    int failure = child < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(report[1]);
    /* A successful exec closes the pipe without a word. */
    if (child > 0 && clinux_read(report[0], &failure, sizeof failure) > 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close(report[0]);
    return failure != 0 ? -failure : child;
}

int clinux_wait_child(pid_t child) {
    int status;
    pid_t ended;
    do {
        ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0) return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int clinux_try_wait_child(pid_t child, int *status) {
    siginfo_t information = {.si_pid = 0};
    if (waitid(P_PID, (id_t)child, &information, WEXITED | WNOHANG) < 0) return -errno;
    if (information.si_pid == 0) return 0;
    *status = information.si_code == CLD_EXITED ? information.si_status : -information.si_status;
    return 1;
}

int clinux_pidfd(pid_t child) {
    int descriptor = (int)syscall(SYS_pidfd_open, child, 0);
    return descriptor < 0 ? -errno : descriptor;
}

/* glibc has the name from 2.36 on. */
static const idtype_t by_descriptor = (idtype_t)3;

static int is_child(idtype_t type, int number) {
    siginfo_t information = {.si_pid = 0};
    return waitid(type, (id_t)number, &information, WEXITED | WNOHANG | WNOWAIT) < 0 ? -errno : 0;
}

/* Another thread may wait for the child at any time, and the number then be a stranger's: a descriptor stays the process's. */
int clinux_kill_child(pid_t child, int signal) {
    int descriptor = clinux_pidfd(child);
    if (descriptor == -ESRCH) return -ECHILD;
    if (descriptor < 0) {
        /* No descriptor is left: by number, then. */
        int result = is_child(P_PID, child);
        return result < 0 ? result : clinux_kill(child, signal);
    }
    int result = is_child(by_descriptor, descriptor);
    if (result == 0 && syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0) < 0) result = -errno;
    close(descriptor);
    return result;
}

int clinux_usable_cores(int *cores, int capacity) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
    int count = 0;
    for (int core = 0; core < CPU_SETSIZE && count < capacity; core++) {
        if (CPU_ISSET(core, &set)) cores[count++] = core;
    }
    return count;
}

int64_t clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    }
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

int64_t clinux_cpu_of_process(pid_t process) {
    clockid_t clock;
    int error = clock_getcpuclockid(process, &clock);
    if (error != 0) return -error;
    struct timespec used;
    if (clock_gettime(clock, &used) < 0) return -errno;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

int clinux_poll(struct pollfd *requests, unsigned int count, int milliseconds) {
    int ready = poll(requests, count, milliseconds);
    return ready < 0 ? -errno : ready;
}
