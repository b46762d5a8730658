// selector_inside: what selector.c and its three ways of waiting share; not
// for programs.

#ifndef SELECTOR_INSIDE_H
#define SELECTOR_INSIDE_H

#include "selector.h"

#include <stddef.h>
#include <stdint.h>

enum { SELECTOR_BOTH = SELECTOR_READ | SELECTOR_WRITE };

struct selector_registration {
    void *data;
    unsigned events; // 0: not registered
    uint32_t mark;   // the way's own
};

struct selector {
    const struct selector_way *way;
    void *state; // the way's own
    // By descriptor. It grows and never shrinks, so the number of a descriptor
    // that was registered once always has its place.
    struct selector_registration *table;
    size_t size;
};

// A way of waiting. Its functions return 0 or a count, or -1 with errno.
struct selector_way {
    // Sets state; close() frees it.
    int (*open)(struct selector *selector);
    void (*close)(struct selector *selector);
    // The table has room for FD, and doesn't have these events yet.
    int (*add)(struct selector *selector, int fd, unsigned events);
    int (*change)(struct selector *selector, int fd, unsigned events);
    // The table has no events of FD any more.
    void (*remove)(struct selector *selector, int fd);
    // Drops the last answer, also if it fails.
    int (*wait)(struct selector *selector, int timeout_ms);
    // Sets fd and events of *event. They are never those of an earlier
    // registration than FD's last. Returns false after the last.
    bool (*next)(struct selector *selector, struct selector_event *event);
};

extern const struct selector_way selector_way_epoll;
extern const struct selector_way selector_way_poll;
extern const struct selector_way selector_way_select;

#endif
