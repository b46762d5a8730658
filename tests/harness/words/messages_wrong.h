// messages_wrong: messages that no program can make sense of, one mistake each.

#ifndef MESSAGES_WRONG_H
#define MESSAGES_WRONG_H

#include "stage/peer.h"

#include <stddef.h>

// Names mistake NUMBER, from 0; NULL after the last of them. Those of the first
// kind are in the header, the others in what the header says of the content.
const char *wrong_header(size_t number);
const char *wrong_content(size_t number);

// Queues a message with that mistake, and CONTENT, which is JSON, for the rest.
void message_send_wrong_header(struct peer *peer, size_t number,
                               const char *content);
void message_send_wrong_content(struct peer *peer, size_t number,
                                const char *content);

#endif
