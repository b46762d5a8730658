// options: what this lesson's programs ask of their sockets, beyond what every
// socket does; setsockopt(2), socket(7), tcp(7).
//
// Nothing here prints or exits.

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

// How a peer is found out that has gone without a word.
enum {
    OPTIONS_IDLE_S = 30,    // nothing has come for so long: it is asked
    OPTIONS_BETWEEN_S = 5,  // and again, so long after that,
    OPTIONS_PROBES = 3,     // until so many questions have got no answer
    OPTIONS_UNHEARD_S = 20, // what was sent may wait so long to be confirmed
};

// What a listener is wished to be like.
struct options_wishes {
    bool share; // others may listen at its port, too, and share its clients
    int buffer; // bytes, for what comes and for what leaves; 0: as they are
};

// Sets an option whose value is an int. Returns 0; -1 with errno.
int options_set(int fd, int level, int name, int value);

// Asks for the value of such an option, which need not be the one that was set.
// Returns 0 with it in *value; -1 with errno.
int options_get(int fd, int level, int name, int *value);

// Sets what a listener needs before it is bound: it may listen where
// connections of an earlier one are not over yet, and as it is wished.
// Returns 0; -1 with errno.
int options_for_listener(int fd, const struct options_wishes *wishes);

// What is sent over this connection leaves at once, though it is little and
// what was sent before is not confirmed yet. Returns 0; -1 with errno.
int options_send_at_once(int fd);

// A peer that has gone without a word ends this connection: with ETIMEDOUT, in
// the time that the numbers above say. Returns 0; -1 with errno.
int options_find_dead(int fd);

#endif
