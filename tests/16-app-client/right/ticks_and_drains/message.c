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
    if (!message->connected)
        return SELECTOR_WRITE;
    return SELECTOR_READ | (wants_write(message) ? SELECTOR_WRITE : 0);
}

static int queue_request(struct message *message)
{
    if (request_build(&message->to_send, message->action, message->value) == -1)
        return complain(message, "request: %s", strerror(errno));
    message->request_queued = true;
    tell(message, "sending ", buffer_bytes(&message->to_send),
         buffer_size(&message->to_send), "to");
    return 0;
}

// Sends as much as the kernel takes at once.
static void send_some(struct message *message)
{
    ssize_t sent = send(message->fd, buffer_bytes(&message->to_send),
                        buffer_size(&message->to_send), MSG_NOSIGNAL);
    if (sent > 0)
        buffer_drop(&message->to_send, (size_t)sent);
    // The server takes no more; but before it went it may have answered, so
    // this is the end of sending, and not yet of the exchange.
    else if (sent == -1 && errno != EAGAIN && errno != EINTR)
        message->send_error = errno;
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
    size_t size = message->header.content_length;
    size_t there = buffer_size(&message->received);
    if (there < size)
        return 0;
    if (there > size)
        return complain(message,
                        "malformed response: %zu bytes follow the %zu of its "
                        "content-length",
                        there - size, size);
    const unsigned char *content = buffer_bytes(&message->received);
    bool is_json = strcmp(message->header.type, CODEC_JSON) == 0;
    tell(message, "received a response of type ", message->header.type,
         strlen(message->header.type), "from");
    if ((is_json ? show_json(message, content, size)
                 : show(message, "got response: ", content, size,
                        PRINTABLE_BYTES)) == -1)
        return -1;
    drop(message, size);
    message->has_response = true;
    return 0;
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
    size_t before;
    do { // until there is no more, or an end
        before = buffer_size(&message->received);
        if (receive(message) == -1)
            return -1;
    } while (buffer_size(&message->received) > before);
    int result = 0;
    if (message->header_length == 0)
        result = process_protoheader(message);
    if (result == 0 && message->header_length > 0 && !message->has_header)
        result = process_jsonheader(message);
    if (result == 0 && message->has_header && !message->has_response)
        result = process_response(message);
    if (result == 0 && message->peer_finished && !message->has_response)
        result = complain_of_end(message);
    return result;
}

static int message_write(struct message *message)
{
    if (!message->request_queued && queue_request(message) == -1)
        return -1;
    size_t before;
    do { // until there is no more, or no room for it
        before = buffer_size(&message->to_send);
        send_some(message);
    } while (wants_write(message) && buffer_size(&message->to_send) < before);
    return 0;
}

enum message_result message_process_events(struct message *message,
                                           unsigned events)
{
    if (!message->connected) {
        if (net_connect_result(message->fd) == -1) {
            complain(message, "connect: %s", strerror(errno));
            return MESSAGE_FAILED;
        }
        message->connected = true;
    }
    if ((events & SELECTOR_WRITE) && wants_write(message) &&
        message_write(message) == -1)
        return MESSAGE_FAILED;
    if ((events & SELECTOR_READ) && message_read(message) == -1)
        return MESSAGE_FAILED;
    return message->has_response ? MESSAGE_DONE : MESSAGE_GOES_ON;
}

void message_close(struct message *message)
{
    tell(message, "closing connection", NULL, 0, "to");
    close(message->fd);
    buffer_free(&message->to_send);
    buffer_free(&message->received);
}
