// messages_wrong: messages that no program can make sense of, one mistake each.

#ifndef MESSAGES_WRONG_H
#define MESSAGES_WRONG_H

#include "stage/peer.h"

#include <stddef.h>

// Names mistake NUMBER, from 0; NULL after the last of them. Those of the first
// kind are in the header, the others in what the header says of the content.
const char *wrong_header(size_t number);
const char *wrong_content(size_t number);

// Some of their numbers.
enum {
    WRONG_NOT_JSON = 1, // of the headers
    WRONG_EMPTY_OBJECT = 6,
    WRONG_MEMBERS = 8,   // from here on a member is missing or wrong,
    WRONG_LENGTHS = 16,  // and from here on it is content-length
    WRONG_ENCODINGS = 6, // of the contents, from here on: what they are in
};

// Queues a message with that mistake, and CONTENT, which is JSON, for the rest.
void message_send_wrong_header(struct peer *peer, size_t number,
                               const char *content);
void message_send_wrong_content(struct peer *peer, size_t number,
                                const char *content);

#endif
