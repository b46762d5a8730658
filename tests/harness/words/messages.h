// messages: the words of checks for programs that exchange messages: a length
// of two bytes, a header in JSON, a content. What they know of the protocol
// they know by themselves: nothing here is shared with the programs.

#ifndef MESSAGES_H
#define MESSAGES_H

#include "stage/peer.h"
#include "stage/program.h"

#include <jansson.h>
#include <stddef.h>

// A message that a peer has received.
struct message_in {
    json_t *header;
    const char *type, *encoding; // of the content
    const unsigned char *content;
    size_t size;
    json_t *json; // the content, if its type is text/json; or NULL
};

// From the first of these words on, what is known of echoes does not count.

// Queues a message with that content.
void message_send(struct peer *peer, const char *type, const char *encoding,
                  const void *content, size_t size);

// Queues TEXT, which is JSON in UTF-8, in that encoding.
void message_send_json(struct peer *peer, const char *encoding,
                       const char *text);

// Queues {"action": "search", "value": VALUE}, or a response of that result.
void message_send_search(struct peer *peer, const char *value);
void message_send_result(struct peer *peer, const char *result);

// Queues a message with that text as its header, right or wrong.
void message_send_raw(struct peer *peer, const char *header, size_t length,
                      const void *content, size_t size);

// Waits until the peer has received its next message, which has to be one.
struct message_in expect_message(struct program *program, struct peer *peer);

// The peer's next message is a response of that result; of any.
void expect_result(struct program *program, struct peer *peer,
                   const char *result);
void expect_any_result(struct program *program, struct peer *peer);

// The same of SIZE bytes, with a zero among them. Or it is refused, as by
// expect_refused(): but it is not taken for a text that ends at the zero.
void expect_result_with_zero(struct program *program, struct peer *peer,
                             const char *result, size_t size);

// The peer's next message is JSON, an object that has the members of this one.
void expect_members(struct program *program, struct peer *peer,
                    const char *json);

// The peer's next message is one of that type, with exactly these bytes.
void expect_content(struct program *program, struct peer *peer,
                    const char *type, const void *bytes, size_t size);

// After its last message the peer gets the end of the stream, and nothing else.
void expect_no_more(struct program *program, struct peer *peer);

// The program has written a line, or more, to stderr since there were SAID
// bytes, because of WHAT.
void expect_said_why(struct program *program, size_t said, const char *what);

// The program ends with status 1 and a line on stderr, as what it got has WHAT.
void expect_refusal(struct program *program, const char *what);

// The program ends the connection because of WHAT is wrong with what it got:
// by a close or by a reset, with or without a message that says so, but not
// with one that has the text NEVER.
void expect_refused(struct program *program, struct peer *peer,
                    const char *what, const char *never);

#endif
