// patience: whether a server has given up a client that was slow to receive.

#ifndef PATIENCE_H
#define PATIENCE_H

#include "explain/scene.h"

#include <stdbool.h>

// True if it has closed the connection of the failure's peer a moment after it
// had sent something there, and no call on it had failed; not the first time
// that it had to wait for that one.
bool reader_was_given_up(const struct scene *scene);

#endif
