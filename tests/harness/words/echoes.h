// echoes: what clients of echo servers do.

#ifndef ECHOES_H
#define ECHOES_H

#include "stage/peer.h"
#include "stage/program.h"

#include <stddef.h>

// The client says something, and gets it back.
void talk(struct peer *client, const char *text);

// A client of the server that START starts sends 16 MiB, and gets them back:
// more than any buffer has room for that is never emptied. It sends less where
// each call of the server moves little.
struct peer *echo_a_long_stream(struct program *(*start)(void));

// It finishes, and gets the rest of its echo and the end of the stream.
void finish(struct peer *client);

#endif
