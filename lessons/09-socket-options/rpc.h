// rpc: requests and their responses over a connection. Each is a header, its
// length as 4 bytes in network byte order, and so many bytes.
//
// Nothing here prints or exits.

#ifndef RPC_H
#define RPC_H

#include <stddef.h>

enum {
    RPC_HEADER_SIZE = 4,
    RPC_MAX = 65536,    // bytes of a request or a response, without the header
    RPC_TEXT_SIZE = 96, // bytes of what rpc_problem() writes
};

// How receiving one has ended.
enum rpc_result {
    RPC_DONE,     // it is there
    RPC_END,      // the other side has finished, between two of them
    RPC_BROKEN,   // it has finished in the midst of one
    RPC_TOO_LONG, // it says that it is longer than RPC_MAX
    RPC_FAILED,   // errno says why
};

// Sends the header, and then the bytes, RPC_MAX at most, as many a library
// does: one thing after the other. Goes on after a signal and a short count.
// Returns 0; -1 with errno.
int rpc_send(int fd, const void *bytes, size_t size);

// Receives one, with its bytes in bytes, and how many they are in *size.
enum rpc_result rpc_receive(int fd, unsigned char bytes[RPC_MAX], size_t *size);

// Writes what was wrong, for any result but RPC_DONE. Returns TEXT.
const char *rpc_problem(enum rpc_result result, char text[RPC_TEXT_SIZE]);

#endif
