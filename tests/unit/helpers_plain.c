// Helpers that need nothing of the harness: tests/prove/plain/ has them, too.

#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

union endpoint local_of(int fd)
{
    union endpoint address;
    socklen_t size = sizeof address;
    ck_assert_int_eq(getsockname(fd, &address.any, &size), 0);
    return address;
}

void tcp_pair(int pair[2])
{
    union endpoint address;
    ck_assert_int_eq(endpoint_make("127.0.0.1", 0, &address), 0);
    socklen_t size = endpoint_size(&address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, &address.any, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    address = local_of(listener);
    pair[1] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(pair[1], &address.any, size), 0);
    pair[0] = accept(listener, NULL, NULL);
    ck_assert_int_ne(pair[0], -1);
    close(listener);
}
