// transfer: bytes over a connection, exactly as many as were asked for.
//
// Nothing here prints or exits. Lesson 04 has you write transfer.c yourself;
// the later lessons are given it.

#ifndef TRANSFER_H
#define TRANSFER_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

// How a receive of a certain number of bytes has ended.
enum transfer {
    TRANSFER_COMPLETE,  // all of them are there
    TRANSFER_END,       // the other side has finished, before the first of them
    TRANSFER_EARLY_END, // it has finished in the midst of them
    TRANSFER_FAILED,    // errno says why
};

// Receives exactly SIZE bytes from a connected, blocking socket, however many
// calls of recv(2) that takes; goes on after a signal (EINTR).
// Returns how it has ended; *received is how many bytes have come, SIZE if all.
enum transfer recv_exactly(int fd, void *bytes, size_t size, size_t *received);

// Sends all bytes of COUNT parts, one behind the other, over a connected,
// blocking socket; as many of them as the kernel takes in one call leave
// together: sendmsg(2). Goes on after a signal (EINTR) and after a short count,
// wherever that ends, and never raises SIGPIPE. COUNT may be IOV_MAX at most.
// Changes *parts. Returns 0; -1 with errno, and then some may have been sent.
int send_all_parts(int fd, struct iovec *parts, size_t count);

// The same, of one part.
int send_all(int fd, const void *bytes, size_t size);

#endif
