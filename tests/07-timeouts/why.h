// why: what the calls of fetch tell of the time that it has taken.

#ifndef WHY_H
#define WHY_H

#include "stage/program.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Calls that may wait.
enum { WAITS = CALLS_WAIT | CALLS_RECEIVE | CALLS_SEND | CALLS_CONNECT };

// What there is to know of the calls of a program so far.
struct past {
    const struct call *blocked; // it is in that; NULL: in none that is known
    int64_t limit_ns;           // and may be for so long; -1: for ever
    size_t connects;            // on sockets of the network
    bool has_connected;         // a connect() has returned 0
    size_t interrupted;         // waits that a signal has ended
    bool cut_connect;           // and an attempt to connect
    size_t moved;               // calls that have received something
    bool sets_descriptor_flag;  // O_NONBLOCK by F_SETFD
    bool limits_receiving, limits_sending; // SO_RCVTIMEO, SO_SNDTIMEO
    bool sets_alarm;                       // has called alarm() or its kin
    bool has_failed;         // a call has, and not for want of something ready
    const struct call *over; // the last of whose limit was over; or NULL
    size_t begun_at;         // where in the trace its first connect() is,
    size_t waited_at;        // and behind its last wait before that call
    size_t limited_at;       // behind the last limit that a socket was given
    uint64_t taken;          // of it, by calls that send on sockets
    const struct call *sent; // the last of these
    int64_t waited_ns;       // how long it has been in that call
};

// Looks at all calls of that program.
struct past look_back(const struct program *client);

// A length of time as a text; and what it has said, as a sentence.
char *time_text(int64_t ns);
char *what_it_said(const struct program *client);

#endif
