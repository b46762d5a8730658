// selector: waits until any of many descriptors is ready, by epoll(7), poll(2)
// or select(2), behind one interface; the sibling of Python's selectors.
//
//     struct selector *selector = selector_open(SELECTOR_DEFAULT);
//     selector_register(selector, listener, SELECTOR_READ, NULL);
//     while (selector_select(selector, -1) != -1 || errno == EINTR) {
//         struct selector_event event;
//         while (selector_next(selector, &event))
//             serve(event.fd, event.events, event.data);
//     }
//
// Readiness is level-triggered: what is left unread is reported again. So one
// answer need not name all that are ready; epoll names at most 256 at once.
//
// While events are taken, anything may be registered, modified, unregistered
// and then closed. What an answer says of a descriptor ends with its
// registration, and events that are no longer asked for are left out: a new
// descriptor with an old one's number gets none before the next answer.
//
// A hang-up or an error counts as being ready for whatever is asked for, so
// that the next recv(2) or send(2) meets it; but select(2) tells of a hang-up
// that is no error only who wants to read.
//
// Unregister a descriptor before you close it. Else poll(2) reports it as
// ready, select(2) fails with EBADF, and epoll, which watches the open file
// and not its number, says nothing, or goes on if the file is open elsewhere.

#ifndef SELECTOR_H
#define SELECTOR_H

#include <stdbool.h>

struct selector;

enum { SELECTOR_READ = 1, SELECTOR_WRITE = 2 };

enum selector_kind {
    SELECTOR_DEFAULT, // epoll, or poll where there is no epoll
    SELECTOR_EPOLL,
    SELECTOR_POLL,
    SELECTOR_SELECT,
};

// That a descriptor is ready for events, one or both of those above; data is
// what it was registered with.
struct selector_event {
    int fd;
    unsigned events;
    void *data;
};

// Returns a selector, to be closed with selector_close(); NULL with errno:
// EINVAL for an unknown kind, ENOSYS where there is no epoll.
struct selector *selector_open(enum selector_kind kind);

// Frees the selector, which may be NULL. Closes no registered descriptor.
void selector_close(struct selector *selector);

// Watches FD for events, one or both; data stays the caller's. Returns 0; -1
// with errno: EINVAL for no or unknown events, EBADF if FD isn't open, EEXIST
// if it is registered already, ENOMEM, EMFILE if it is too high a number for
// select(2), EPERM if epoll can't watch it, as a regular file.
int selector_register(struct selector *selector, int fd, unsigned events,
                      void *data);

// Watches FD for these events only; makes no system call if it does already.
// Returns 0; -1 with errno: EINVAL as above, ENOENT if FD isn't registered.
int selector_modify(struct selector *selector, int fd, unsigned events);

// Watches FD no more. Returns 0; -1 with errno ENOENT if it isn't registered.
int selector_unregister(struct selector *selector, int fd);

// Waits until descriptors are ready or TIMEOUT_MS milliseconds have passed, -1
// for no limit; forgets what selector_next() has left of the last answer.
// Returns how many are ready, 0 once the time has passed; -1 with errno, EINTR
// if a signal interrupted it, and then none is ready.
int selector_select(struct selector *selector, int timeout_ms);

// Takes the next one that is ready into *event. Returns false after the last.
bool selector_next(struct selector *selector, struct selector_event *event);

#endif
