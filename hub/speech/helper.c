/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "say which AUDIT_ARCH_ this is"
#endif

enum { STACK = 65536 };

/* Sockets and calls of another architecture's table fail. io_uring could open sockets, too. */
static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 4),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 1, 0), /* x32's */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EACCES & SECCOMP_RET_DATA)),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

struct birth {
    char *const *argv;
    int in, out, nothing;
    sigset_t signals; /* for the child */
};

static bool limit(int resource, rlim_t most)
{
    struct rlimit both = {most, most};
    return setrlimit((__rlimit_resource_t)resource, &both) == 0;
}

/* Runs in the child, on a stack of its own and in the parent's memory, which stands still until the
 * child is another program: system calls only. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static int be_born(void *arg)
{
    static char *const environment[] = {"LC_ALL=C.UTF-8", NULL};
    const struct birth *b = arg;
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int i = 1; i < 32; i++)
        sigaction(i, &plain, NULL);
    plain.sa_handler = SIG_IGN; /* a library that finds it may not write goes on without */
    sigaction(SIGXFSZ, &plain, NULL);
    if (dup2(b->in, 0) < 0 || dup2(b->out, 1) < 0 || dup2(b->nothing, 2) < 0 ||
        syscall(SYS_close_range, 3U, ~0U, 0U) != 0 || chdir("/") != 0)
        _exit(126);
    if (!limit(RLIMIT_CPU, HELPER_CPU_S) || !limit(RLIMIT_AS, (rlim_t)HELPER_MEMORY_MB << 20) ||
        !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NOFILE, HELPER_FILES))
        _exit(126);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(126);
    sigprocmask(SIG_SETMASK, &b->signals, NULL);
    execve(b->argv[0], b->argv, environment);
    _exit(127);
}

/* As posix_spawn does it, which can set neither limits nor filters: no page of the parent is
 * copied, whatever its size. No signal handler may run in the child meanwhile. */
static pid_t spawn(struct birth *birth)
{
    sigset_t all, before;
    char *stack = aligned_alloc(64, STACK);
    pid_t pid;
    if (!stack) {
        errno = ENOMEM;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sigemptyset(&birth->signals);
#ifdef __SANITIZE_THREAD__ /* which would take the shared memory for the child's own */
    pid = fork();
    if (pid == 0)
        be_born(birth);
#else
    pid = clone(be_born, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, birth);
#endif
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(stack);
    return pid;
}

int helper_start(struct helper *h, char *const argv[])
{
    int in[2], out[2], nothing = -1, err = 0;
    struct birth birth;
    *h = (struct helper){0, -1, -1};
    if (access(argv[0], X_OK) != 0)
        return ROOST_ERR_NOT_FOUND;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
        return ROOST_ERR_IO;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return ROOST_ERR_IO;
    }
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    birth = (struct birth){.argv = argv, .in = in[1], .out = out[1], .nothing = nothing};
    h->pid = nothing < 0 ? -1 : spawn(&birth);
    if (h->pid < 0)
        err = errno == ENOMEM || errno == EAGAIN ? ROOST_ERR_NO_MEMORY : ROOST_ERR_IO;
    close(in[1]);
    close(out[1]);
    if (nothing >= 0)
        close(nothing);
    h->in = in[0];
    h->out = out[0];
    if (err) {
        h->pid = 0;
        helper_stop(h);
    }
    return err;
}

int helper_say(struct helper *h, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(h->in, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ROOST_ERR_CLOSED;
        text += n;
        len -= (size_t)n;
    }
    return shutdown(h->in, SHUT_WR) == 0 ? 0 : ROOST_ERR_CLOSED;
}

int helper_read(struct helper *h, void *bytes, size_t size, int timeout_ms)
{
    struct pollfd wait = {.fd = h->out, .events = POLLIN};
    int ready = poll(&wait, 1, timeout_ms);
    ssize_t n;
    if (ready == 0 || (ready < 0 && errno == EINTR))
        return ROOST_ERR_TIMEOUT;
    n = ready < 0 ? -1 : read(h->out, bytes, size);
    return n < 0 ? ROOST_ERR_IO : (int)n;
}

int helper_stop(struct helper *h)
{
    int status = -1;
    if (h->in >= 0)
        close(h->in);
    if (h->out >= 0)
        close(h->out);
    if (h->pid > 0) {
        if (waitpid(h->pid, &status, WNOHANG) == 0) {
            kill(h->pid, SIGKILL);
            while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
                ;
        }
        status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    *h = (struct helper){0, -1, -1};
    return status;
}
