#include "message.h"

#include "net.h"
#include "printable.h"
#include "request.h"
#include "selector.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 64 * 1024, // received at once, at most
    SHOWN = 240,           // characters of a message in a line about it
};

// Writes a line: what, some bytes if there are any, and which server.
static void tell(const struct message *message, const char *what,
                 const void *bytes, size_t size, const char *preposition)
{
    char text[NET_ADDRESS_TEXT_SIZE], shown[SHOWN];
    printf("%s%s %s %s\n", what,
           printable(bytes, size, PRINTABLE_BYTES, shown, sizeof shown),
           preposition, net_address_text(&message->address, text, sizeof text));
}

// Says why the exchange has failed. Returns -1, so that a function can
// complain and give up in one statement.
__attribute__((format(printf, 2, 3))) static int
complain(const struct message *message, const char *format, ...)
{
    char text[NET_ADDRESS_TEXT_SIZE], why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fprintf(stderr, "app_client: %s: %s\n",
            net_address_text(&message->address, text, sizeof text), why);
    return -1;
}

// *problem is in what was received and is not processed yet.
static int malformed(const struct message *message,
                     const struct codec_problem *problem)
{
    return complain(message, "malformed response: %s (at byte %zu)",
                    problem->why, message->processed + problem->offset);
}

void message_start(struct message *message, int fd,
                   const struct sockaddr_in *address, const char *action,
                   const char *value)
{
    *message = (struct message){
        .fd = fd, .address = *address, .action = action, .value = value};
}

static bool wants_write(const struct message *message)
{
    return message->send_error == 0 &&
           (!message->request_queued || buffer_size(&message->to_send) > 0);
}

// The response may come before all of the request has gone: a server that
// does not like how it begins need not wait for the rest.
unsigned message_events(const struct message *message)
{
    // TODO 16.3: say what this message waits for: SELECTOR_READ,
    //   SELECTOR_WRITE, or both.
    //   Trap: before it is connected, a socket gets writable when the attempt
    //         has ended, well or not. Later it is writable nearly always: wait
    //         for that only with something to send.
    //   Proof, with the other steps: make check LESSON=16 CASE=at_rest
    (void)message, (void)wants_write;
    return SELECTOR_WRITE;
}

static int queue_request(struct message *message)
{
    // TODO 16.4: put the request into message->to_send, once.
    //   Call: request_build(), tell(); set request_queued.
    //   Trap: this is called when the socket is writable, and that may be many
    //         times. Whoever calls looks at request_queued.
    //   Proof, with the other steps: make check LESSON=16 CASE=any_text
    (void)tell, (void)request_build;
    errno = ENOSYS;
    return complain(message, "queue_request: %s", strerror(errno));
}

// Sends as much as the kernel takes at once.
static void send_some(struct message *message)
{
    // TODO 16.5: offer the kernel what is to be sent, once.
    //   Call: send(2) with MSG_NOSIGNAL, buffer_drop().
    //   Trap: when sending fails, a response may have come all the same: keep
    //         the errno in send_error, and let receiving find out.
    //   Proof, with the other steps: make check LESSON=16 CASE=short_counts
    message->send_error = ENOSYS;
}

// Receives once. Returns 0, also if nothing was there; -1 after saying why.
static int receive(struct message *message)
{
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
    case CODEC_MALFORMED: return malformed(message, &problem);
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
        return malformed(message, &problem);
    drop(message, message->header_length);
    message->has_header = true;
    return 0;
}

// Prints a line of LABEL and what the server has said, however long.
static int show(const struct message *message, const char *label,
                const void *bytes, size_t size, enum printable_kind kind)
{
    size_t room = 4 * size + 8; // at the most, each byte is \xNN
    char *text = malloc(room);
    if (text == NULL)
        return complain(message, "response: %s", strerror(errno));
    printf("%s%s\n", label, printable(bytes, size, kind, text, room));
    free(text);
    return 0;
}

static int show_result(const struct message *message, const json_t *response)
{
    const json_t *result = json_object_get(response, "result");
    if (result == NULL)
        return complain(message, "malformed response: it has no result");
    if (json_is_string(result))
        return show(message, "got result: ", json_string_value(result),
                    json_string_length(result), PRINTABLE_UTF8);
    char *text = json_dumps(result, JSON_ENCODE_ANY);
    if (text == NULL)
        return complain(message, "response: %s", strerror(ENOMEM));
    int status =
        show(message, "got result: ", text, strlen(text), PRINTABLE_UTF8);
    free(text);
    return status;
}

static int show_json(struct message *message, const void *content, size_t size)
{
    struct codec_problem problem;
    json_t *response =
        codec_parse_json(content, size, message->header.encoding, &problem);
    if (response == NULL)
        return malformed(message, &problem);
    int status = show_result(message, response);
    json_decref(response);
    return status;
}

static int process_response(struct message *message)
{
    // TODO 16.7: once all of the content is there, show what it says.
    //   Call: show_json() for text/json, show() for anything else; drop(); set
    //         has_response.
    //   Trap: nothing may follow it: then its content-length was wrong.
    //   Proof, with the other steps: make check LESSON=16 CASE=too_small
    (void)show, (void)show_json, (void)drop;
    errno = ENOSYS;
    return complain(message, "process_response: %s", strerror(errno));
}

// The server has finished before its response was complete. Returns -1.
static int complain_of_end(const struct message *message)
{
    const char *part = !message->header_length ? "the header's length"
                       : !message->has_header  ? "the header"
                                               : "the content";
    size_t wanted = !message->header_length ? CODEC_PROTOHEADER_SIZE
                    : !message->has_header  ? message->header_length
                                            : message->header.content_length;
    size_t there = buffer_size(&message->received);
    if (message->send_error != 0)
        return complain(message, "send: %s", strerror(message->send_error));
    if (message->processed + there == 0)
        return complain(message, "it closed the connection without a response");
    return complain(message,
                    "it closed the connection within its response: %zu of %zu "
                    "bytes of %s",
                    there, wanted, part);
}

static int message_read(struct message *message)
{
    // TODO 16.6: receive, and take each step for which the one before it is
    //   done.
    //   Call: receive(), process_protoheader(), process_jsonheader(),
    //         process_response(), complain_of_end().
    //   Trap: an end of the stream is no failure when the response is
    //         complete, and one otherwise. Never wait for it.
    //   Proof, with the other steps: make check LESSON=16 CASE=early_end
    (void)receive, (void)process_protoheader, (void)process_jsonheader;
    (void)process_response, (void)complain_of_end;
    errno = ENOSYS;
    return complain(message, "message_read: %s", strerror(errno));
}

static int message_write(struct message *message)
{
    if (!message->request_queued && queue_request(message) == -1)
        return -1;
    send_some(message);
    return 0;
}

enum message_result message_process_events(struct message *message,
                                           unsigned events)
{
    // TODO 16.2: the entry point: find out first how the attempt to connect
    //   has ended; then write and read what can be; say whether the exchange
    //   goes on, is done, or has failed.
    //   Call: net_connect_result(), message_write(), message_read().
    //   Trap: SO_ERROR tells it only once.
    //   Proof, with the other steps: make check LESSON=16 CASE=asks
    (void)events, (void)wants_write, (void)message_write, (void)message_read;
    (void)net_connect_result;
    errno = ENOSYS;
    complain(message, "message_process_events: %s", strerror(errno));
    return MESSAGE_FAILED;
}

void message_close(struct message *message)
{
    tell(message, "closing connection", NULL, 0, "to");
    close(message->fd);
    buffer_free(&message->to_send);
    buffer_free(&message->received);
}
