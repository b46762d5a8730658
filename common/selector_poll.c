#include "selector_inside.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 };

// The table's marks say where in fds a descriptor is.
struct state {
    struct pollfd *fds;
    size_t count, size;
    // The answer is taken from the end of fds: these are left of it, from the
    // start. Behind them no revents is set. So a new descriptor can be put at
    // the end, and the last one into a gap, and none is missed or told twice.
    size_t left;
};

static int open_poll(struct selector *selector)
{
    selector->state = calloc(1, sizeof(struct state));
    return selector->state == NULL ? -1 : 0;
}

static void close_poll(struct selector *selector)
{
    struct state *state = selector->state;
    free(state->fds);
    free(state);
}

static int make_room(struct state *state)
{
    if (state->count < state->size)
        return 0;
    size_t size = state->size == 0 ? FIRST_SIZE : state->size * 2;
    struct pollfd *fds = realloc(state->fds, size * sizeof *fds);
    if (fds == NULL)
        return -1;
    state->fds = fds;
    state->size = size;
    return 0;
}

static short bits_of(unsigned events)
{
    return (short)((events & SELECTOR_READ ? POLLIN : 0) |
                   (events & SELECTOR_WRITE ? POLLOUT : 0));
}

static int add(struct selector *selector, int fd, unsigned events)
{
    struct state *state = selector->state;
    if (fcntl(fd, F_GETFD) == -1 || make_room(state) == -1)
        return -1;
    selector->table[fd].mark = (uint32_t)state->count;
    state->fds[state->count++] =
        (struct pollfd){.fd = fd, .events = bits_of(events)};
    return 0;
}

static int change(struct selector *selector, int fd, unsigned events)
{
    struct state *state = selector->state;
    state->fds[selector->table[fd].mark].events = bits_of(events);
    return 0;
}

static void remove_fd(struct selector *selector, int fd)
{
    struct state *state = selector->state;
    uint32_t gap = selector->table[fd].mark;
    struct pollfd last = state->fds[--state->count];
    state->fds[gap] = last;
    selector->table[last.fd].mark = gap;
    if (state->left > state->count)
        state->left = state->count;
}

static int wait_for_events(struct selector *selector, int timeout_ms)
{
    struct state *state = selector->state;
    int ready = poll(state->fds, (nfds_t)state->count, timeout_ms);
    state->left = ready > 0 ? state->count : 0;
    return ready;
}

// POLLNVAL: it is closed; who tries to use it learns so.
static unsigned events_of(short bits)
{
    if (bits & (POLLERR | POLLHUP | POLLNVAL))
        return SELECTOR_BOTH;
    return (bits & POLLIN ? SELECTOR_READ : 0u) |
           (bits & POLLOUT ? SELECTOR_WRITE : 0u);
}

static bool next(struct selector *selector, struct selector_event *event)
{
    struct state *state = selector->state;
    while (state->left > 0) {
        struct pollfd *answer = &state->fds[--state->left];
        event->fd = answer->fd;
        event->events = events_of(answer->revents);
        answer->revents = 0;
        if (event->events != 0)
            return true;
    }
    return false;
}

const struct selector_way selector_way_poll = {
    .open = open_poll,
    .close = close_poll,
    .add = add,
    .change = change,
    .remove = remove_fd,
    .wait = wait_for_events,
    .next = next,
};
