// message: the exchange from the client's end: its request as far as it has
// gone, and the response as far as it has come.
//
// The steps are those of the server's message, the other way round:
//
//     queue_request                 the request, as bytes to be sent
//     channel_process_protoheader   2 bytes: how long is the header?
//     channel_process_jsonheader    the header: what is the content, how long?
//     process_response              the content: what is the answer?

#ifndef MESSAGE_H
#define MESSAGE_H

#include "buffer.h"
#include "channel.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct message {
    struct channel channel; // what comes from the server
    bool connected;

    const char *action, *value; // what is asked
    bool request_queued;
    struct buffer to_send; // of the request
    int send_error;        // the errno that sending ended with; 0: none

    bool has_response; // its content is known, too, and shown
};

enum message_result {
    MESSAGE_GOES_ON,
    MESSAGE_DONE,   // the response is here, and shown
    MESSAGE_FAILED, // and said why
};

// Begins an exchange on a socket that is not connected, or not yet; from now on
// it is the message's. ACTION and VALUE stay the caller's.
void message_start(struct message *message, int fd,
                   const struct sockaddr_in *address, const char *action,
                   const char *value);

// What to wait for: SELECTOR_READ, SELECTOR_WRITE or both.
unsigned message_events(const struct message *message);

// Does all that can be done without waiting, now that the socket is ready for
// these events.
enum message_result message_process_events(struct message *message,
                                           unsigned events);

// Closes the socket, and gives back what the message holds.
void message_close(struct message *message);

#endif
