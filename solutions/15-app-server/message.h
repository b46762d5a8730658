// message: what the server knows of one client: its request as far as it has
// come, and its response as far as it has gone.
//
// The bytes come in any pieces, so every step is tried whenever there may be
// enough of them, and remembers that it is done:
//
//     channel_process_protoheader   2 bytes: how long is the header?
//     channel_process_jsonheader    the header: what is the content, how long?
//     process_request               the content: what does the client want?
//     create_response               the answer, as bytes to be sent
//
// A client that sends its next request right behind the first gets an answer
// to it as well, in turn, if any of it has arrived by the time when all before
// it is answered: then the connection is closed.

#ifndef MESSAGE_H
#define MESSAGE_H

#include "buffer.h"
#include "channel.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct message {
    struct message *previous, *next; // for its owner's list
    long long active_ms;             // for its owner: when something last moved

    // What comes from the client. What is known of the request, here and
    // below, begins as nothing; one after the other gets known, and with the
    // response all begins anew.
    struct channel channel;
    bool has_request;
    json_t *request; // its content if that is JSON; else the first bytes of it:
    unsigned char beginning[10];
    size_t beginning_size;

    struct buffer to_send; // of the response
    unsigned responses;    // that were sent in whole
};

enum message_result {
    MESSAGE_GOES_ON,
    MESSAGE_DONE,   // all is answered
    MESSAGE_FAILED, // and said why
};

// Begins an exchange on a connected, non-blocking socket, which from now on
// belongs to the message. Returns NULL with errno ENOMEM, and then it doesn't.
struct message *message_create(int fd, const struct sockaddr_in *address);

// What to wait for: SELECTOR_READ or SELECTOR_WRITE.
unsigned message_events(const struct message *message);

// Does all that can be done without waiting, now that the socket is ready for
// these events. After MESSAGE_DONE or MESSAGE_FAILED it is to be closed.
enum message_result message_process_events(struct message *message,
                                           unsigned events);

// Closes the socket and frees the message.
void message_close(struct message *message);

#endif
