// What several test files need.

#include "procfs.h"
#include "unit.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct program *start_child(const char *name, const char *first,
                            const char *second)
{
    const struct program_options options = {.arguments = {first, second}};
    return program_start(name, &options);
}

bool has_ended(void *program)
{
    return ((const struct program *)program)->ended;
}

bool has_written_line(void *program)
{
    const struct output *out = &((const struct program *)program)->out;
    return memchr(out->bytes, '\n', out->size) != NULL;
}

void run_to_end(struct program *program)
{
    ck_assert_int_eq(stage_wait(has_ended, program), WAIT_MET);
}

void expect_result(struct program *program, int status, const char *text)
{
    run_to_end(program);
    ck_assert_str_eq(program->err.bytes, "");
    ck_assert_str_eq(program->out.bytes, text);
    ck_assert(WIFEXITED(program->status));
    ck_assert_int_eq(WEXITSTATUS(program->status), status);
}

pid_t fork_helper(void)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    ck_assert_int_ne(pid, -1);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return pid;
}

void await_call(pid_t tid, long number)
{
    struct thread_state state;
    while (procfs_thread(tid, &state) == 0 &&
           (state.state != 'S' || state.call != number))
        sched_yield();
}

struct sockaddr_in local_of(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return address;
}

void tcp_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    address = local_of(listener);
    pair[1] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        connect(pair[1], (struct sockaddr *)&address, sizeof address), 0);
    pair[0] = accept(listener, NULL, NULL);
    ck_assert_int_ne(pair[0], -1);
    close(listener);
}
