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

/* What we ignore stays ignored (nohup), except SIGPIPE, which we ignore for ourselves, and SIGCHLD: a program that ignores
   it cannot learn how its own children ended. Our handlers must not swallow a signal between here and exec. */
static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction current;
        if (sigaction(signal, NULL, &current) < 0) continue;
        bool is_kept = current.sa_handler == SIG_IGN && signal != SIGPIPE && signal != SIGCHLD;
        if (!is_kept) sigaction(signal, &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int place_streams(const struct clinux_launch *launch) {
    int sources[3] = {launch->input, launch->output, launch->errors};
    for (int number = 0; number < 3; number++) {
        /* Placing one must not close the next. */
        if (sources[number] < 0 || sources[number] > STDERR_FILENO) continue;
        sources[number] = clinux_duplicate_above_streams(sources[number]);
        if (sources[number] < 0) return sources[number];
    }
    for (int number = 0; number < 3; number++) {
        if (sources[number] >= 0 && dup2(sources[number], number) < 0) return -errno;
    }
    /* What another thread was opening during the fork is no stream of ours, and would be closed by exec. */
    for (int number = 0; number < 3; number++) {
        int flags = sources[number] < 0 ? fcntl(number, F_GETFD) : 0;
        if (flags >= 0 && (flags & FD_CLOEXEC) != 0) close(number);
    }
    /* A program expects all three. Without /dev/null it has to do without. */
    clinux_fill_streams();
    return 0;
}

/* What the child tells its parent when the program cannot be started. */
struct report {
    enum clinux_start_step step;
    int error;
};

static struct report become(const struct clinux_launch *launch, pid_t parent) {
    reset_signals();
    int result = launch->dies_with_us ? clinux_die_with_parent(parent) : 0;
    if (!launch->dies_with_us) prctl(PR_SET_PDEATHSIG, 0);
    if (result < 0) return (struct report){CLINUX_START_PRCTL, -result};
    result = launch->core >= 0 ? clinux_pin_to_core(launch->core) : 0;
    if (result < 0) return (struct report){CLINUX_START_SETAFFINITY, -result};
    result = place_streams(launch);
    if (result < 0) return (struct report){CLINUX_START_DUP, -result};
    if (launch->directory != NULL && chdir(launch->directory) < 0) return (struct report){CLINUX_START_CHDIR, errno};
    if (launch->environment != NULL) {
        execvpe(launch->path, launch->arguments, launch->environment);
    } else {
        execvp(launch->path, launch->arguments);
    }
    return (struct report){CLINUX_START_EXEC, errno};
}

static _Noreturn void run_child(const struct clinux_launch *launch, int channel, pid_t parent) {
    /* Another child that waits may hold the other end of the channel, so its close does not report the end of the parent. */
    clinux_die_with_parent(parent);
    char permission;
    if (clinux_read(channel, &permission, sizeof permission) != sizeof permission) _exit(127);
    struct report report = become(launch, parent);
    clinux_send_quietly(channel, &report, sizeof report);
    _exit(127);
}

/* The child waits while its descriptor is opened: one that had ended already could be gone without a trace, as it is
   where SIGCHLD is ignored. And where the kernel refuses the descriptor, the program never ran. */
static struct report let_run(struct clinux_child *child, int channel) {
    child->descriptor = clinux_pidfd(child->number);
    if (child->descriptor < 0) {
        kill(child->number, SIGKILL);
        return (struct report){CLINUX_START_PIDFD_OPEN, -child->descriptor};
    }
    const char permission = 1;
    clinux_send_quietly(channel, &permission, sizeof permission);
    /* A successful exec closes the channel and reports nothing. */
    struct report report;
    bool has_failed = clinux_read(channel, &report, sizeof report) == sizeof report;
    return has_failed ? report : (struct report){CLINUX_START_EXEC, 0};
}

static int start_failed(struct clinux_child *child, struct report report) {
    child->failed_step = report.step;
    return -report.error;
}

int clinux_spawn(const struct clinux_launch *launch, struct clinux_child *child) {
    int channel[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0) {
        return start_failed(child, (struct report){CLINUX_START_SOCKETPAIR, errno});
    }
    int lifted = clinux_lift_pair(channel);
    if (lifted < 0) return start_failed(child, (struct report){CLINUX_START_SOCKETPAIR, -lifted});
    sigset_t all, old;
    sigfillset(&all);
    /* No handler of ours may run in the child before its signals are reset. */
    sigprocmask(SIG_SETMASK, &all, &old);
    pid_t parent = getpid();
    child->number = fork();
    int error = errno;
    if (child->number == 0) {
        close(channel[0]);
        run_child(launch, channel[1], parent);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(channel[1]);
    struct report report = {CLINUX_START_FORK, error};
    if (child->number > 0) report = let_run(child, channel[0]);
    close(channel[0]);
    if (report.error == 0) return 0;
    if (child->number > 0) {
        clinux_wait_child(child->number);
        if (child->descriptor >= 0) close(child->descriptor);
    }
    return start_failed(child, report);
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

int clinux_ended_child(void) {
    siginfo_t information = {.si_pid = 0};
    int result = waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT);
    return result < 0 ? -errno : information.si_pid;
}

int clinux_pidfd(pid_t child) {
    return clinux_lift((int)syscall(SYS_pidfd_open, child, 0));
}

/* glibc has the name from 2.36 on. */
static const idtype_t by_descriptor = (idtype_t)3;

static int is_child(idtype_t type, int number) {
    siginfo_t information = {.si_pid = 0};
    return waitid(type, (id_t)number, &information, WEXITED | WNOHANG | WNOWAIT) < 0 ? -errno : 0;
}

static int kill_by_descriptor(int descriptor, int signal) {
    int result = is_child(by_descriptor, descriptor);
    if (result < 0) return result;
    return syscall(SYS_pidfd_send_signal, descriptor, signal, NULL, 0) < 0 ? -errno : 0;
}

/* Another thread may wait for the child at any time, and its number then be a stranger's: a descriptor stays the process's.
   Where no descriptor is left, or a sandbox or an old kernel refuses these calls, the number has to do. */
int clinux_kill_child(pid_t child, int signal) {
    int descriptor = clinux_pidfd(child);
    if (descriptor == -ESRCH) return -ECHILD;
    int result = descriptor;
    if (descriptor >= 0) {
        result = kill_by_descriptor(descriptor, signal);
        close(descriptor);
    }
    if (result == 0 || result == -ECHILD || result == -ESRCH) return result;
    result = is_child(P_PID, child);
    return result < 0 ? result : clinux_kill(child, signal);
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
