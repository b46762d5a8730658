// Case: answers_
// Receives three bytes at a time.
#include "message.h"

#include "answer.h"
#include "net.h"
#include "printable.h"
#include "selector.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 3, // received at once, at most
    SHOWN = 240,   // characters of a message in the log
};

// Writes a line of the log: what, some bytes if there are any, which client.
static void tell(const struct message *message, const char *what,
                 const void *bytes, size_t size, const char *preposition)
{
    char text[NET_ADDRESS_TEXT_SIZE], shown[SHOWN];
    printf("%s%s %s %s\n", what,
           printable(bytes, size, PRINTABLE_BYTES, shown, sizeof shown),
           preposition, net_address_text(&message->address, text, sizeof text));
}

// Says why the exchange with this client ends. Returns -1, so that a function
// can complain and give up in one statement.
__attribute__((format(printf, 2, 3))) static int
complain(const struct message *message, const char *format, ...)
{
    char text[NET_ADDRESS_TEXT_SIZE], why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fprintf(stderr, "app_server: %s: %s\n",
            net_address_text(&message->address, text, sizeof text), why);
    return -1;
}

// Where *problem is, counted from the client's first byte on. AT is the place
// in what was received and is not processed.
static int malformed(const struct message *message, size_t at,
                     const struct codec_problem *problem)
{
    return complain(message, "malformed request: %s (at byte %zu)",
                    problem->why, message->processed + at + problem->offset);
}

struct message *message_create(int fd, const struct sockaddr_in *address)
{
    struct message *message = calloc(1, sizeof *message);
    if (message == NULL)
        return NULL;
    message->fd = fd;
    message->address = *address;
    return message;
}

// A client that does not take its response is not read from either: so what
// it can make the server keep is bounded.
unsigned message_events(const struct message *message)
{
    return buffer_size(&message->to_send) > 0 ? SELECTOR_WRITE : SELECTOR_READ;
}

// Receives once. Returns 0, also if nothing was there; -1 after saying why.
static int receive(struct message *message)
{
    // Only what has come is kept: a client that sends little costs little.
    unsigned char bytes[READ_SIZE];
    ssize_t count = recv(message->fd, bytes, sizeof bytes, 0);
    if (count == -1)
        return errno == EAGAIN || errno == EINTR
                   ? 0
                   : complain(message, "recv: %s", strerror(errno));
    if (count == 0)
        message->peer_finished = true;
    if (buffer_append(&message->received, bytes, (size_t)count) == -1)
        return complain(message, "receive: %s", strerror(errno));
    return 0;
}

// What was received and is processed is needed no more.
static void drop(struct message *message, size_t size)
{
    buffer_drop(&message->received, size);
    message->processed += size;
}

static int process_protoheader(struct message *message)
{
    struct codec_problem problem;
    switch (codec_parse_protoheader(buffer_bytes(&message->received),
                                    buffer_size(&message->received),
                                    &message->header_length, &problem)) {
    case CODEC_MALFORMED: return malformed(message, 0, &problem);
    case CODEC_NEED_MORE: return 0;
    case CODEC_DONE: break;
    }
    drop(message, CODEC_PROTOHEADER_SIZE);
    return 0;
}

static int process_jsonheader(struct message *message)
{
    if (buffer_size(&message->received) < message->header_length)
        return 0;
    struct codec_problem problem;
    if (codec_parse_header(buffer_bytes(&message->received),
                           message->header_length, &message->header,
                           &problem) == CODEC_MALFORMED)
        return malformed(message, 0, &problem);
    drop(message, message->header_length);
    message->has_header = true;
    return 0;
}

static int process_request(struct message *message)
{
    size_t size = message->header.content_length;
    if (buffer_size(&message->received) < size)
        return 0;
    const unsigned char *content = buffer_bytes(&message->received);
    struct codec_problem problem;
    if (strcmp(message->header.type, CODEC_JSON) == 0) {
        tell(message, "received request ", content, size, "from");
        message->request =
            codec_parse_json(content, size, message->header.encoding, &problem);
        if (message->request == NULL)
            return malformed(message, 0, &problem);
    } else {
        tell(message, "received a request of type ", message->header.type,
             strlen(message->header.type), "from");
        message->beginning_size =
            size < sizeof message->beginning ? size : sizeof message->beginning;
        if (size > 0)
            memcpy(message->beginning, content, message->beginning_size);
    }
    drop(message, size);
    message->has_request = true;
    return 0;
}

// The request is answered: the next one begins.
static void forget_request(struct message *message)
{
    json_decref(message->request);
    message->request = NULL;
    message->header_length = 0;
    message->has_header = false;
    message->has_request = false;
}

static int create_response(struct message *message)
{
    int result = message->request != NULL
                     ? answer_json(&message->to_send, message->request)
                     : answer_bytes(&message->to_send, message->beginning,
                                    message->beginning_size);
    if (result == -1)
        return complain(message, "response: %s", strerror(errno));
    forget_request(message);
    tell(message, "sending ", buffer_bytes(&message->to_send),
         buffer_size(&message->to_send), "to");
    return 0;
}

// Takes the request as far as it has come. Returns 0; -1 after saying why.
static int process(struct message *message)
{
    int result = 0;
    if (message->header_length == 0)
        result = process_protoheader(message);
    if (result == 0 && message->header_length > 0 && !message->has_header)
        result = process_jsonheader(message);
    if (result == 0 && message->has_header && !message->has_request)
        result = process_request(message);
    return result;
}

// Sends as much as the kernel takes at once. Returns 0; -1 after saying why.
static int send_some(struct message *message)
{
    struct buffer *to_send = &message->to_send;
    if (buffer_size(to_send) == 0)
        return 0;
    ssize_t sent = send(message->fd, buffer_bytes(to_send),
                        buffer_size(to_send), MSG_NOSIGNAL);
    if (sent == -1)
        return errno == EAGAIN || errno == EINTR
                   ? 0
                   : complain(message, "send: %s", strerror(errno));
    buffer_drop(to_send, (size_t)sent);
    if (buffer_size(to_send) == 0) {
        buffer_free(to_send);
        message->responses++;
    }
    return 0;
}

static int message_read(struct message *message)
{
    return receive(message) == -1 ? -1 : process(message);
}

static int message_write(struct message *message)
{
    if (message->has_request && create_response(message) == -1)
        return -1;
    return send_some(message);
}

// The client has finished before its request was complete.
static int complain_of_end(const struct message *message)
{
    const char *part = !message->header_length ? "the header's length"
                       : !message->has_header  ? "the header"
                                               : "the content";
    size_t wanted = !message->header_length ? CODEC_PROTOHEADER_SIZE
                    : !message->has_header  ? message->header_length
                                            : message->header.content_length;
    return complain(message,
                    "it ended within a request: %zu of %zu bytes of %s",
                    buffer_size(&message->received), wanted, part);
}

// True if more has come than was received so far.
static bool has_more(const struct message *message)
{
    char byte;
    return !message->peer_finished &&
           recv(message->fd, &byte, sizeof byte, MSG_PEEK) > 0;
}

enum message_result message_process_events(struct message *message,
                                           unsigned events)
{
    if ((events & SELECTOR_READ) && message_read(message) == -1)
        return MESSAGE_FAILED;
    unsigned responses;
    do { // for each request that has come in one piece with the first
        responses = message->responses;
        if (message_write(message) == -1)
            return MESSAGE_FAILED;
        if (buffer_size(&message->to_send) > 0)
            return MESSAGE_GOES_ON;
        if (process(message) == -1)
            return MESSAGE_FAILED;
    } while (message->responses > responses);

    bool has_begun =
        message->header_length > 0 || buffer_size(&message->received) > 0;
    if (has_begun && message->peer_finished) {
        complain_of_end(message);
        return MESSAGE_FAILED;
    }
    if (has_begun)
        return MESSAGE_GOES_ON;
    if (message->responses == 0)
        return message->peer_finished ? MESSAGE_DONE : MESSAGE_GOES_ON;
    // Closed with bytes that nobody has received, a connection is reset, and
    // the response may be lost on its way.
    return has_more(message) ? MESSAGE_GOES_ON : MESSAGE_DONE;
}

void message_close(struct message *message)
{
    tell(message, "closing connection", NULL, 0, "to");
    close(message->fd);
    json_decref(message->request);
    buffer_free(&message->received);
    buffer_free(&message->to_send);
    free(message);
}
