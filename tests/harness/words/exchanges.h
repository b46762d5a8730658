// exchanges: what clients of echo servers do that send one message, and print
// what comes back.

#ifndef EXCHANGES_H
#define EXCHANGES_H

#include "stage/peer.h"
#include "stage/program.h"

#include <stddef.h>

// It has printed these bytes behind its label, and a newline.
void expect_received_line(struct program *client, const void *bytes,
                          size_t size);

// Of the message's bytes it has printed the first behind its label, or no line
// with that label at all; but nothing else there.
void expect_received_at_most(struct program *client, const char *message);

// What every exchange comes to: the server gets the message and nothing else,
// the client prints the echo and ends with 0.
void expect_exchange(struct peer *server, struct program *client,
                     const void *message, size_t size);

// Has EXCHANGE go through with 4 MiB: more than the kernel holds. Of who makes
// a call for each byte only 64 KiB are asked, and the rest is "not run".
void expect_4_mib_exchanged(void (*exchange)(size_t size));

#endif
