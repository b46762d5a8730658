// selecting: what the tests of selector.h need. Each of these runs with epoll,
// poll and select: its _i says which.

#ifndef SELECTING_H
#define SELECTING_H

#include "selector.h"

#include <stdbool.h>

enum { KINDS = 3, END = 4096 };
enum { READ = SELECTOR_READ, WRITE = SELECTOR_WRITE, BOTH = READ | WRITE };

extern const enum selector_kind kinds[KINDS];
extern struct selector *selector;
extern char marks[END];    // a descriptor's data is &marks[fd]
extern unsigned seen[END]; // the events that were taken for each descriptor

// Opens the selector, of kinds[I].
void open_kind(int i);

// Registers, modifies, unregisters, and expects to succeed. watch_for()
// returns FD.
int watch_for(int fd, unsigned events);
void modify_events(int fd, unsigned events);
void unregister_fd(int fd);

// Takes up to MOST events. Returns how many there were.
int take_events(int most);

// It selects so many; none; that one alone, for these events. There is no
// event (any more).
void expect_ready(int timeout_ms, int count);
void expect_none_ready(void);
void expect_only_ready(int fd, unsigned events);
void expect_no_event(void);

// RESULT is -1, with that errno.
void expect_errno(int result, int error);

// Two connected sockets that don't wait.
void unix_pair(int pair[2]);

// Returns a socket that can be written, and read if there is a byte for it.
int ready_socket(bool readable);

// Returns a copy of FD that is not below LOWEST.
int duplicate_fd(int fd, int lowest);

#endif
