#include "trace/calls.h"

#include <sys/syscall.h>

#define ARGUMENT(n) LENGTH_ARGUMENT, n
#define NO_LENGTH LENGTH_NONE, 0
#define VECTOR LENGTH_VECTOR, 0
#define MESSAGE LENGTH_MESSAGE, 0

// The names are those of section 2 of the manual, as a program writes them.
// Calls that a newer architecture no longer has are left out there.
static const struct call_info calls[] = {
    {SYS_socket, "socket", CALLS_SETUP, NO_LENGTH, false},
    {SYS_bind, "bind", CALLS_SETUP, NO_LENGTH, false},
    {SYS_listen, "listen", CALLS_SETUP, NO_LENGTH, false},
    {SYS_setsockopt, "setsockopt", CALLS_SETUP, NO_LENGTH, false},
    {SYS_getsockopt, "getsockopt", CALLS_SETUP, NO_LENGTH, false},
    {SYS_getsockname, "getsockname", CALLS_SETUP, NO_LENGTH, false},
    {SYS_getpeername, "getpeername", CALLS_SETUP, NO_LENGTH, false},
    {SYS_accept, "accept", CALLS_ACCEPT, NO_LENGTH, false},
    {SYS_accept4, "accept4", CALLS_ACCEPT, NO_LENGTH, false},
    {SYS_connect, "connect", CALLS_CONNECT, NO_LENGTH, false},
    {SYS_recvfrom, "recv", CALLS_RECEIVE, ARGUMENT(2), false},
    {SYS_recvmsg, "recvmsg", CALLS_RECEIVE, MESSAGE, false},
    {SYS_recvmmsg, "recvmmsg", CALLS_RECEIVE, NO_LENGTH, false},
    {SYS_read, "read", CALLS_RECEIVE, ARGUMENT(2), true},
    {SYS_readv, "readv", CALLS_RECEIVE, VECTOR, true},
    {SYS_sendto, "send", CALLS_SEND, ARGUMENT(2), false},
    {SYS_sendmsg, "sendmsg", CALLS_SEND, MESSAGE, false},
    {SYS_sendmmsg, "sendmmsg", CALLS_SEND, NO_LENGTH, false},
    {SYS_write, "write", CALLS_SEND, ARGUMENT(2), true},
    {SYS_writev, "writev", CALLS_SEND, VECTOR, true},
    {SYS_sendfile, "sendfile", CALLS_SEND, ARGUMENT(3), true},
    {SYS_splice, "splice", CALLS_OTHER, ARGUMENT(4), true},
    {SYS_ppoll, "ppoll", CALLS_WAIT, NO_LENGTH, false},
    {SYS_pselect6, "pselect", CALLS_WAIT, NO_LENGTH, false},
    {SYS_epoll_pwait, "epoll_pwait", CALLS_WAIT, NO_LENGTH, false},
#ifdef SYS_poll
    {SYS_poll, "poll", CALLS_WAIT, NO_LENGTH, false},
    {SYS_select, "select", CALLS_WAIT, NO_LENGTH, false},
    {SYS_epoll_wait, "epoll_wait", CALLS_WAIT, NO_LENGTH, false},
    {SYS_dup2, "dup2", CALLS_OTHER, NO_LENGTH, true},
#endif
    {SYS_dup, "dup", CALLS_OTHER, NO_LENGTH, true},
    {SYS_dup3, "dup3", CALLS_OTHER, NO_LENGTH, true},
    {SYS_fcntl, "fcntl", CALLS_OTHER, NO_LENGTH, true},
    {SYS_close, "close", CALLS_CLOSE, NO_LENGTH, true},
    {SYS_io_uring_setup, "io_uring_setup", CALLS_REST, NO_LENGTH, false},
    {SYS_nanosleep, "nanosleep", CALLS_REST, NO_LENGTH, false},
    {SYS_clock_nanosleep, "clock_nanosleep", CALLS_REST, NO_LENGTH, false},
    {SYS_rt_sigtimedwait, "sigtimedwait", CALLS_REST, NO_LENGTH, false},
    {SYS_timerfd_create, "timerfd_create", CALLS_REST, NO_LENGTH, false},
    {SYS_setitimer, "setitimer", CALLS_REST, NO_LENGTH, false},
    {SYS_timer_create, "timer_create", CALLS_REST, NO_LENGTH, false},
    {SYS_timer_settime, "timer_settime", CALLS_REST, NO_LENGTH, false},
    {SYS_timer_delete, "timer_delete", CALLS_REST, NO_LENGTH, false},
    {SYS_clock_gettime, "clock_gettime", CALLS_CLOCK, NO_LENGTH, true},
    {SYS_gettimeofday, "gettimeofday", CALLS_CLOCK, NO_LENGTH, true},
    {SYS_times, "times", CALLS_CLOCK, NO_LENGTH, true},
    {SYS_openat, "openat", CALLS_FILES, NO_LENGTH, true},
#ifdef SYS_open
    {SYS_open, "open", CALLS_FILES, NO_LENGTH, true},
#endif
#ifdef SYS_alarm
    {SYS_alarm, "alarm", CALLS_REST, NO_LENGTH, false},
#endif
#ifdef SYS_time
    {SYS_time, "time", CALLS_CLOCK, NO_LENGTH, true},
#endif
    {SYS_shutdown, "shutdown", CALLS_CLOSE, NO_LENGTH, false},
};

const struct call_info *call_table(size_t *count)
{
    *count = sizeof calls / sizeof *calls;
    return calls;
}

const struct call_info *call_find(long number)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}
