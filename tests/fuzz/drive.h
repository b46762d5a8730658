// drive: plays an event loop with one message in it. For whatever message.h
// the including program is built with: the server's, or the client's.

#ifndef DRIVE_H
#define DRIVE_H

#include "message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Called after each turn: claims what must hold. ODD: in this turn or before,
// there were events that nobody had asked for.
typedef void drive_check(const struct message *message,
                         enum message_result result, bool odd, void *data);

// Runs the message through the script, on the wire, which has begun; then to
// its end. Closes it.
void drive(struct message *message, const uint8_t *script, size_t size,
           drive_check *check, void *data);

#endif
