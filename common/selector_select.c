#include "selector_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/select.h>

struct state {
    int end; // one more than the highest descriptor
    fd_set read, write;
    // The answer: what has ended is not in these sets, and what is below next
    // has been told.
    fd_set readable, writable;
    int next;
};

static int open_select(struct selector *selector)
{
    struct state *state = malloc(sizeof *state);
    if (state == NULL)
        return -1;
    state->end = state->next = 0;
    FD_ZERO(&state->read);
    FD_ZERO(&state->write);
    FD_ZERO(&state->readable);
    FD_ZERO(&state->writable);
    selector->state = state;
    return 0;
}

static void close_select(struct selector *selector)
{
    free(selector->state);
}

static int change(struct selector *selector, int fd, unsigned events)
{
    struct state *state = selector->state;
    FD_CLR(fd, &state->read);
    FD_CLR(fd, &state->write);
    if (events & SELECTOR_READ)
        FD_SET(fd, &state->read);
    if (events & SELECTOR_WRITE)
        FD_SET(fd, &state->write);
    return 0;
}

static int add(struct selector *selector, int fd, unsigned events)
{
    struct state *state = selector->state;
    if (fcntl(fd, F_GETFD) == -1)
        return -1;
    if (fd >= FD_SETSIZE) {
        errno = EMFILE;
        return -1;
    }
    if (fd >= state->end)
        state->end = fd + 1;
    return change(selector, fd, events);
}

static void remove_fd(struct selector *selector, int fd)
{
    struct state *state = selector->state;
    change(selector, fd, 0);
    FD_CLR(fd, &state->readable);
    FD_CLR(fd, &state->writable);
    while (state->end > 0 && selector->table[state->end - 1].events == 0)
        state->end--;
}

// Returns for what FD is ready, by the answer.
static unsigned events_of(const struct state *state, int fd)
{
    return (FD_ISSET(fd, &state->readable) ? SELECTOR_READ : 0u) |
           (FD_ISSET(fd, &state->writable) ? SELECTOR_WRITE : 0u);
}

static int wait_for_events(struct selector *selector, int timeout_ms)
{
    struct state *state = selector->state;
    struct timeval timeout = {.tv_sec = timeout_ms / 1000,
                              .tv_usec = timeout_ms % 1000 * 1000};
    state->next = 0;
    state->readable = state->read;
    state->writable = state->write;
    int result = select(state->end, &state->readable, &state->writable, NULL,
                        timeout_ms < 0 ? NULL : &timeout);
    if (result == -1) { // the sets are as they were, and mean nothing
        FD_ZERO(&state->readable);
        FD_ZERO(&state->writable);
        return -1;
    }
    // select() has counted one that can be read and written twice.
    int ready = 0;
    for (int fd = 0; fd < state->end; fd++)
        ready += events_of(state, fd) != 0;
    return ready;
}

static bool next(struct selector *selector, struct selector_event *event)
{
    struct state *state = selector->state;
    while (state->next < state->end) {
        event->fd = state->next++;
        event->events = events_of(state, event->fd);
        if (event->events != 0)
            return true;
    }
    return false;
}

const struct selector_way selector_way_select = {
    .open = open_select,
    .close = close_select,
    .add = add,
    .change = change,
    .remove = remove_fd,
    .wait = wait_for_events,
    .next = next,
};
