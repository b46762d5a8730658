// What the tests of selector.h need.

#include "selecting.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

const enum selector_kind kinds[KINDS] = {SELECTOR_EPOLL, SELECTOR_POLL,
                                         SELECTOR_SELECT};

struct selector *selector;
char marks[END];
unsigned seen[END];

void open_kind(int i)
{
    selector = selector_open(kinds[i]);
    ck_assert_ptr_nonnull(selector);
}

int watch_for(int fd, unsigned events)
{
    ck_assert_int_eq(selector_register(selector, fd, events, &marks[fd]), 0);
    return fd;
}

void modify_events(int fd, unsigned events)
{
    ck_assert_int_eq(selector_modify(selector, fd, events), 0);
}

void unregister_fd(int fd)
{
    ck_assert_int_eq(selector_unregister(selector, fd), 0);
}

int take_events(int most)
{
    struct selector_event event;
    for (int count = 0; count < most; count++) {
        if (!selector_next(selector, &event))
            return count;
        ck_assert_ptr_eq(event.data, &marks[event.fd]);
        ck_assert_uint_ne(event.events, 0);
        ck_assert_msg(seen[event.fd] == 0, "%d comes twice", event.fd);
        seen[event.fd] = event.events;
    }
    return most;
}

void expect_ready(int timeout_ms, int count)
{
    ck_assert_int_eq(selector_select(selector, timeout_ms), count);
    memset(seen, 0, sizeof seen);
}

void expect_no_event(void)
{
    ck_assert_int_eq(take_events(1), 0);
    ck_assert_int_eq(take_events(1), 0);
}

void expect_none_ready(void)
{
    expect_ready(0, 0);
    expect_no_event();
}

void expect_only_ready(int fd, unsigned events)
{
    expect_ready(-1, 1);
    ck_assert_int_eq(take_events(END), 1);
    ck_assert_uint_eq(seen[fd], events);
    expect_no_event();
}

void unix_pair(int pair[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
}

int ready_socket(bool readable)
{
    int pair[2];
    unix_pair(pair);
    if (readable)
        ck_assert_int_eq(write(pair[1], "x", 1), 1);
    // The other end stays open, out of the way of the low numbers.
    ck_assert_int_ne(fcntl(pair[1], F_DUPFD, 500), -1);
    close(pair[1]);
    return pair[0];
}

void expect_errno(int result, int error)
{
    ck_assert_int_eq(result, -1);
    ck_assert_int_eq(errno, error);
}

int duplicate_fd(int fd, int lowest)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int copy = fcntl(fd, F_DUPFD, lowest);
    ck_assert_int_ge(copy, lowest);
    ck_assert_int_lt(copy, END);
    return copy;
}
