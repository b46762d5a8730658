#include "selector.h"
#include "selector_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { FIRST_SIZE = 64 };

static struct selector *open_way(const struct selector_way *way)
{
    struct selector *selector = malloc(sizeof *selector);
    if (selector == NULL)
        return NULL;
    *selector = (struct selector){.way = way};
    if (way->open(selector) == 0)
        return selector;
    int reason = errno;
    free(selector);
    errno = reason;
    return NULL;
}

struct selector *selector_open(enum selector_kind kind)
{
    struct selector *selector;
    switch (kind) {
    case SELECTOR_DEFAULT:
        selector = open_way(&selector_way_epoll);
        if (selector != NULL || errno != ENOSYS)
            return selector;
        return open_way(&selector_way_poll);
    case SELECTOR_EPOLL: return open_way(&selector_way_epoll);
    case SELECTOR_POLL: return open_way(&selector_way_poll);
    case SELECTOR_SELECT: return open_way(&selector_way_select);
    }
    errno = EINVAL;
    return NULL;
}

void selector_close(struct selector *selector)
{
    if (selector == NULL)
        return;
    selector->way->close(selector);
    free(selector->table);
    free(selector);
}

// Returns what FD is registered with; NULL with errno ENOENT if it is not.
static struct selector_registration *find(const struct selector *selector,
                                          int fd)
{
    if (fd >= 0 && (size_t)fd < selector->size &&
        selector->table[fd].events != 0)
        return &selector->table[fd];
    errno = ENOENT;
    return NULL;
}

// Returns 0 if these are events that one can wait for; -1 with errno EINVAL.
static int check_events(unsigned events)
{
    if (events != 0 && (events & ~(unsigned)SELECTOR_BOTH) == 0)
        return 0;
    errno = EINVAL;
    return -1;
}

// Makes the table reach FD. Returns 0; -1 with errno.
static int make_room(struct selector *selector, int fd)
{
    if (fd >= 0 && (size_t)fd < selector->size)
        return 0;
    // A number that nothing has may be any, and must not cost memory.
    if (fcntl(fd, F_GETFD) == -1)
        return -1;
    size_t size = selector->size == 0 ? FIRST_SIZE : selector->size;
    while (size <= (size_t)fd)
        size *= 2;
    struct selector_registration *table =
        realloc(selector->table, size * sizeof *table);
    if (table == NULL)
        return -1;
    for (size_t i = selector->size; i < size; i++)
        table[i] = (struct selector_registration){.events = 0};
    selector->table = table;
    selector->size = size;
    return 0;
}

int selector_register(struct selector *selector, int fd, unsigned events,
                      void *data)
{
    if (check_events(events) == -1 || make_room(selector, fd) == -1)
        return -1;
    struct selector_registration *registration = &selector->table[fd];
    if (registration->events != 0) {
        errno = EEXIST;
        return -1;
    }
    if (selector->way->add(selector, fd, events) == -1)
        return -1;
    registration->events = events;
    registration->data = data;
    return 0;
}

int selector_modify(struct selector *selector, int fd, unsigned events)
{
    if (check_events(events) == -1)
        return -1;
    struct selector_registration *registration = find(selector, fd);
    if (registration == NULL)
        return -1;
    if (registration->events == events)
        return 0;
    if (selector->way->change(selector, fd, events) == -1)
        return -1;
    registration->events = events;
    return 0;
}

int selector_unregister(struct selector *selector, int fd)
{
    struct selector_registration *registration = find(selector, fd);
    if (registration == NULL)
        return -1;
    registration->events = 0;
    selector->way->remove(selector, fd);
    return 0;
}

int selector_select(struct selector *selector, int timeout_ms)
{
    return selector->way->wait(selector, timeout_ms);
}

bool selector_next(struct selector *selector, struct selector_event *event)
{
    while (selector->way->next(selector, event)) {
        const struct selector_registration *registration =
            &selector->table[event->fd];
        // What is asked for may have changed since the answer.
        event->events &= registration->events;
        event->data = registration->data;
        if (event->events != 0)
            return true;
    }
    return false;
}
