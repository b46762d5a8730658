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
    READ_SIZE = 64 * 1024, // received at once, at most
    SHOWN = 240,           // characters of a message in the log
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
    // TODO 15.10: say what this message waits for: SELECTOR_READ or
    //   SELECTOR_WRITE.
    //   Trap: a socket is writable nearly always: wait for that only with
    //         something to send. And whoever does not take its response is not
    //         to be read from either.
    //   Proof, with the other steps: make check LESSON=15 CASE=slow_reader
    (void)message;
    return SELECTOR_READ;
}

// Receives once. Returns 0, also if nothing was there; -1 after saying why.
static int receive(struct message *message)
{
    // TODO 15.3: receive once, and append what came to message->received.
    //   Call: recv(2), buffer_append().
    //   Trap: 0 says that the client will send no more; it may still wait for
    //         an answer. EAGAIN and EINTR mean: not now. Make no room for what
    //         a client announces, only for what it sends.
    //   Proof, with the other steps: make check LESSON=15 CASE=a_search
    (void)message, (void)READ_SIZE;
    errno = ENOSYS;
    return complain(message, "receive: %s", strerror(errno));
}

// What was received and is processed is needed no more.
static void drop(struct message *message, size_t size)
{
    buffer_drop(&message->received, size);
    message->processed += size;
}

static int process_protoheader(struct message *message)
{
    // TODO 15.5: once 2 bytes are there, find out how long the header is.
    //   Call: codec_parse_protoheader(), malformed(), drop().
    //   Trap: it is no mistake that one byte is there and the other is not.
    //   Proof, with the other steps: make check LESSON=15 CASE=pieces
    (void)malformed, (void)drop;
    errno = ENOSYS;
    return complain(message, "process_protoheader: %s", strerror(errno));
}

static int process_jsonheader(struct message *message)
{
    // TODO 15.6: once all of the header is there, read it.
    //   Call: codec_parse_header(), malformed(), drop(); set has_header.
    //   Trap: buffer_size() is what has come, header_length what has to.
    //   Proof, with the other steps: make check LESSON=15 CASE=headers
    errno = ENOSYS;
    return complain(message, "process_jsonheader: %s", strerror(errno));
}

static int process_request(struct message *message)
{
    // TODO 15.7: once all of the content is there, take it: as JSON into
    //   message->request, or else its first bytes into message->beginning.
    //   Call: codec_parse_json(), tell(), malformed(), drop(); set has_request.
    //   Trap: 0 bytes may be all there is to come; ask whether it is there,
    //         not whether there is something in it.
    //   Proof, with the other steps: make check LESSON=15 CASE=empty_request
    (void)tell;
    errno = ENOSYS;
    return complain(message, "process_request: %s", strerror(errno));
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
    // TODO 15.8: put the answer into message->to_send, and forget the request.
    //   Call: answer_json() or answer_bytes(), forget_request(), tell().
    //   Trap: another request may stand behind this one; what you still know
    //         of this one would be taken for what you know of that.
    //   Proof, with the other steps: make check LESSON=15 CASE=two_at_once
    (void)answer_json, (void)answer_bytes, (void)forget_request;
    errno = ENOSYS;
    return complain(message, "create_response: %s", strerror(errno));
}

// Takes the request as far as it has come. Returns 0; -1 after saying why.
static int process(struct message *message)
{
    // TODO 15.4: take each step for which the one before it is done.
    //   Trap: all of a request may come at once, and then all of them are due;
    //         or byte by byte, and then none is, again and again.
    //   Proof, with the other steps: make check LESSON=15 CASE=pieces
    (void)process_protoheader, (void)process_jsonheader, (void)process_request;
    errno = ENOSYS;
    return complain(message, "process: %s", strerror(errno));
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
    errno = ENOSYS;
    return complain(message, "send_some: %s", strerror(errno));
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
    // TODO 15.2: the entry point: do all that can be done now, and say whether
    //   the exchange goes on, is done, or has failed.
    //   Call: message_read(), message_write(), process(), has_more(),
    //         complain_of_end().
    //   Trap: when a response has gone, the next request may be in the buffer
    //         already, and nobody will tell you so again.
    //   Proof, with the other steps: make check LESSON=15 CASE=half_close
    (void)events, (void)message_read, (void)message_write;
    (void)has_more, (void)complain_of_end;
    errno = ENOSYS;
    complain(message, "message_process_events: %s", strerror(errno));
    return MESSAGE_FAILED;
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
