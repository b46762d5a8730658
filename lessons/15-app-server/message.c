#include "message.h"

#include "answer.h"
#include "selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message *message_create(int fd, const struct sockaddr_in *address)
{
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL)
        return NULL;
    message->channel =
        (struct channel){.fd = fd, .address = *address, .kind = "request"};
    return message;
}

// A client that does not take its response is not read from either: so what
// it can make the server keep is bounded.
unsigned message_events(const struct message *message)
{
    // TODO 15.10: say what this message waits for: SELECTOR_READ or
    //   SELECTOR_WRITE.
    //   Trap: a socket is writable nearly always: wait for that only with
    //         something to send. And whoever does not take its response is not
    //         to be read from either.
    //   Proof, with the other steps: make check LESSON=15 CASE=slow_reader
    if (buffer_size(&message->to_send) == 0)
        return SELECTOR_READ;
    errno = ENOSYS;
    perror("app_server: TODO 15.10, message_events");
    exit(EXIT_FAILURE);
}

static int process_request(struct message *message)
{
    // TODO 15.7: once all of the content is there, take it: as JSON into
    //   message->request, or else its first bytes into message->beginning.
    //   Call: codec_parse_json(), channel_tell(), channel_malformed(),
    //         channel_drop(); set has_request.
    //   Trap: 0 bytes may be all there is to come; ask whether it is there,
    //         not whether there is something in it.
    //   Proof, with the other steps: make check LESSON=15 CASE=empty_request
    (void)message;
    errno = ENOSYS;
    perror("app_server: TODO 15.7, process_request");
    exit(EXIT_FAILURE);
}

// The request is answered: the next one begins.
static void forget_request(struct message *message)
{
    json_decref(message->request);
    message->request = NULL;
    message->channel.header_length = 0;
    message->channel.has_header = false;
    message->has_request = false;
}

static int create_response(struct message *message)
{
    // TODO 15.8: put the answer into message->to_send, and forget the request.
    //   Call: answer_json() or answer_bytes(), forget_request(),
    //         channel_tell().
    //   Trap: another request may stand behind this one; what you still know
    //         of this one would be taken for what you know of that.
    //   Proof, with the other steps: make check LESSON=15 CASE=two_at_once
    (void)message, (void)answer_json, (void)answer_bytes, (void)forget_request;
    errno = ENOSYS;
    perror("app_server: TODO 15.8, create_response");
    exit(EXIT_FAILURE);
}

// Takes the request as far as it has come. Returns 0; -1 after saying why.
static int process(struct message *message)
{
    // TODO 15.4: take each step for which the one before it is done.
    //   Call: channel_process_protoheader(), channel_process_jsonheader(),
    //         process_request().
    //   Trap: all of a request may come at once, and then all of them are due;
    //         or byte by byte, and then none is, again and again.
    //   Proof, with the other steps: make check LESSON=15 CASE=pieces
    (void)message, (void)process_request;
    errno = ENOSYS;
    perror("app_server: TODO 15.4, process");
    exit(EXIT_FAILURE);
}

// Sends as much as the kernel takes at once. Returns 0; -1 after saying why.
static int send_some(struct message *message)
{
    // TODO 15.9: offer the kernel what is to be sent, once.
    //   Call: send(2) with MSG_NOSIGNAL, buffer_drop(); count the response
    //         when all of it has gone.
    //   Trap: what it did not take stays in the buffer, and its turn comes
    //         when the socket is writable again.
    //   Proof, with the other steps: make check LESSON=15 CASE=slow_reader
    (void)message;
    errno = ENOSYS;
    perror("app_server: TODO 15.9, send_some");
    exit(EXIT_FAILURE);
}

static int message_read(struct message *message)
{
    return channel_receive(&message->channel) == -1 ? -1 : process(message);
}

static int message_write(struct message *message)
{
    if (message->has_request && create_response(message) == -1)
        return -1;
    return send_some(message);
}

// True if more has come than was received so far.
static bool has_more(const struct message *message)
{
    char byte;
    return !message->channel.peer_finished &&
           recv(message->channel.fd, &byte, sizeof byte, MSG_PEEK) > 0;
}

enum message_result message_process_events(struct message *message,
                                           unsigned events)
{
    // TODO 15.2: the entry point: do all that can be done now, and say whether
    //   the exchange goes on, is done, or has failed.
    //   Call: message_read(), message_write(), process(), has_more(),
    //         channel_complain_of_end().
    //   Trap: when a response has gone, the next request may be in the buffer
    //         already, and nobody will tell you so again.
    //   Proof, with the other steps: make check LESSON=15 CASE=half_close
    (void)message, (void)events, (void)message_read, (void)message_write;
    (void)has_more;
    errno = ENOSYS;
    perror("app_server: TODO 15.2, message_process_events");
    exit(EXIT_FAILURE);
}

void message_close(struct message *message)
{
    channel_tell(&message->channel, "closing connection", NULL, 0, "to");
    close(message->channel.fd);
    json_decref(message->request);
    buffer_free(&message->channel.received);
    buffer_free(&message->to_send);
    free(message);
}
