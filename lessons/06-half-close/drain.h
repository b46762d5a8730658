// drain: closing a connection on whose other side somebody may still send.

#ifndef DRAIN_H
#define DRAIN_H

// How long to wait for another byte, and for the end, and how many bytes to
// throw away.
enum {
    DRAIN_SILENCE_MS = 2000,
    DRAIN_ALL_MS = 10000,
    DRAIN_BYTES = 64 * 1024 * 1024,
};

// Finishes sending over a connected socket, and receives and throws away what
// still comes, until the other side has finished, too: after that, close(2)
// can't reset the connection, and with it what was sent last and has not been
// received. A signal renews no limit.
// Returns 0; -1 with errno: ETIMEDOUT after one of the two times, EFBIG after
// DRAIN_BYTES, or what befell the connection. The caller closes the socket in
// any case.
int drain(int fd);

#endif
