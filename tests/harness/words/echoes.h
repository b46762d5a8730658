// echoes: what clients of echo servers do.

#ifndef ECHOES_H
#define ECHOES_H

#include "stage/peer.h"

// The client says something, and gets it back.
void talk(struct peer *client, const char *text);

// It finishes, and gets the rest of its echo and the end of the stream.
void finish(struct peer *client);

#endif
