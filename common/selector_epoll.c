#include "selector_inside.h"

#include <errno.h>

#ifdef __linux__

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ANSWER_SIZE = 256 };

struct state {
    int epoll;
    // The last registration's. Each has a serial number, in its mark and in
    // the kernel: an event with another one was meant for an earlier holder of
    // the same descriptor number.
    uint32_t serial;
    int taken, found; // of the answer
    struct epoll_event answer[ANSWER_SIZE];
};

static int open_epoll(struct selector *selector)
{
    struct state *state = malloc(sizeof *state);
    if (state == NULL)
        return -1;
    state->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (state->epoll == -1) {
        int reason = errno;
        free(state);
        errno = reason;
        return -1;
    }
    state->serial = 0;
    state->taken = state->found = 0;
    selector->state = state;
    return 0;
}

static void close_epoll(struct selector *selector)
{
    struct state *state = selector->state;
    close(state->epoll);
    free(state);
}

static int control(const struct selector *selector, int operation, int fd,
                   unsigned events)
{
    const struct state *state = selector->state;
    struct epoll_event event = {
        .events = (events & SELECTOR_READ ? EPOLLIN : 0u) |
                  (events & SELECTOR_WRITE ? EPOLLOUT : 0u),
        .data.u64 = (uint64_t)selector->table[fd].mark << 32 | (uint32_t)fd};
    return epoll_ctl(state->epoll, operation, fd, &event);
}

static int add(struct selector *selector, int fd, unsigned events)
{
    struct state *state = selector->state;
    selector->table[fd].mark = ++state->serial;
    return control(selector, EPOLL_CTL_ADD, fd, events);
}

static int change(struct selector *selector, int fd, unsigned events)
{
    return control(selector, EPOLL_CTL_MOD, fd, events);
}

static void remove_fd(struct selector *selector, int fd)
{
    // It fails only for a descriptor that was closed too early, and then the
    // kernel has mostly forgotten it by itself.
    control(selector, EPOLL_CTL_DEL, fd, 0);
}

static int wait_for_events(struct selector *selector, int timeout_ms)
{
    struct state *state = selector->state;
    state->taken = state->found = 0;
    int ready =
        epoll_wait(state->epoll, state->answer, ANSWER_SIZE, timeout_ms);
    if (ready > 0)
        state->found = ready;
    return ready;
}

static unsigned events_of(uint32_t bits)
{
    if (bits & (EPOLLERR | EPOLLHUP))
        return SELECTOR_BOTH;
    return (bits & EPOLLIN ? SELECTOR_READ : 0u) |
           (bits & EPOLLOUT ? SELECTOR_WRITE : 0u);
}

static bool next(struct selector *selector, struct selector_event *event)
{
    struct state *state = selector->state;
    while (state->taken < state->found) {
        const struct epoll_event *answer = &state->answer[state->taken++];
        event->fd = (int)(uint32_t)answer->data.u64;
        event->events = events_of(answer->events);
        if (selector->table[event->fd].mark == answer->data.u64 >> 32)
            return true;
    }
    return false;
}

const struct selector_way selector_way_epoll = {
    .open = open_epoll,
    .close = close_epoll,
    .add = add,
    .change = change,
    .remove = remove_fd,
    .wait = wait_for_events,
    .next = next,
};

#else

static int fail(struct selector *selector)
{
    (void)selector;
    errno = ENOSYS;
    return -1;
}

const struct selector_way selector_way_epoll = {.open = fail};

#endif
