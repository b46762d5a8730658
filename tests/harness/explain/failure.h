// failure: what a failed expectation knows of itself.

#ifndef FAILURE_H
#define FAILURE_H

#include "stage/peer.h"
#include "stage/program.h"
#include "stage/wait.h"

#include <stdbool.h>
#include <stddef.h>

// What the grader waits for where the check ends.
enum awaited {
    AWAITS_NOTHING,
    AWAITS_ANNOUNCEMENT,   // a server's first line
    AWAITS_PROGRAM_END,    // the program's exit
    AWAITS_CONNECTION,     // the program's, to a peer
    AWAITS_SOME_BYTES,     // missing_bytes of them, echoed
    AWAITS_MESSAGE,        // any message, or any bytes
    AWAITS_ITS_MESSAGE,    // the one that the program was told to send
    AWAITS_STREAM_END,     // the program has finished sending
    AWAITS_CLOSE,          // it has closed a connection, once all is done
    AWAITS_DATAGRAM,       // one more, from the program to a peer
    AWAITS_CONNECTION_END, // the connection is over, in whatever way
};

// What an option of one of the program's sockets should be.
struct wanted_option {
    int level, option;
    int value;        // what the kernel should say,
    bool any;         // or any but 0
    int given;        // what it is told for that; 0: just that
    bool of_listener; // of its listening socket; else of its connections
};

struct failure {
    enum wait_result wait;   // how the waiting ended
    struct program *program; // the one that it is about
    struct peer *peer;       // and the peer, if one was involved
    enum awaited awaits;
    size_t missing_bytes;     // for AWAITS_SOME_BYTES
    bool wants_reason;        // it's about what is missing on stderr
    bool misses_signal;       // it's about one that came while it was busy
    bool misuses_descriptor;  // it's about one that was closed before
    bool keeps_descriptor;    // it's about one that is still open
    const int *wanted_status; // what it was to exit with, if it's about that
    const struct wanted_option *wanted_option; // likewise; or NULL
    const char *means; // what it means, if nothing better is known,
    bool is_sure;      // or whatever else there may be to say
    // Bytes that should be equal, to show where they are not; or NULL.
    const void *expected;
    size_t expected_size;
    const void *actual;
    size_t actual_size;
};

enum { AWAITED_SIZE = 32 };

// Writes into TEXT, and returns, what the grader waits for, for the timeline;
// NULL if it waits for nothing.
const char *failure_awaits(const struct failure *failure,
                           char text[AWAITED_SIZE]);

#endif
