#include "message.h"

#include "net.h"
#include "printable.h"
#include "request.h"
#include "selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void message_start(struct message *message, int fd,
                   const struct sockaddr_in *address, const char *action,
                   const char *value)
{
    *message = (struct message){
        .channel = {.fd = fd, .address = *address, .kind = "response"},
        .action = action,
        .value = value};
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
        return channel_complain(&message->channel, "request: %s",
                                strerror(errno));
    message->request_queued = true;
    channel_tell(&message->channel, "sending ", buffer_bytes(&message->to_send),
                 buffer_size(&message->to_send), "to");
    return 0;
}

// Sends as much as the kernel takes at once.
static void send_some(struct message *message)
{
    ssize_t sent = send(message->channel.fd, buffer_bytes(&message->to_send),
                        buffer_size(&message->to_send), MSG_NOSIGNAL);
    if (sent > 0)
        buffer_drop(&message->to_send, (size_t)sent);
    // The server takes no more; but before it went it may have answered, so
    // this is the end of sending, and not yet of the exchange.
    else if (sent == -1 && errno != EAGAIN && errno != EINTR)
        message->send_error = errno;
}

// Prints a line of LABEL and what the server has said, however long.
static int show(const struct message *message, const char *label,
                const void *bytes, size_t size, enum printable_kind kind)
{
    size_t room = 4 * size + 8; // at the most, each byte is \xNN
    char *text = malloc(room);
    if (text == NULL)
        return channel_complain(&message->channel, "response: %s",
                                strerror(errno));
    printf("%s%s\n", label, printable(bytes, size, kind, text, room));
    free(text);
    return 0;
}

static int show_result(const struct message *message, const json_t *response)
{
    const json_t *result = json_object_get(response, "result");
    if (result == NULL)
        return channel_complain(&message->channel,
                                "malformed response: it has no result");
    if (json_is_string(result))
        return show(message, "got result: ", json_string_value(result),
                    json_string_length(result), PRINTABLE_UTF8);
    char *text = json_dumps(result, JSON_ENCODE_ANY);
    if (text == NULL)
        return channel_complain(&message->channel, "response: %s",
                                strerror(ENOMEM));
    int status =
        show(message, "got result: ", text, strlen(text), PRINTABLE_UTF8);
    free(text);
    return status;
}

static int show_json(struct message *message, const void *content, size_t size)
{
    struct codec_problem problem;
    json_t *response = codec_parse_json(
        content, size, message->channel.header.encoding, &problem);
    if (response == NULL)
        return channel_malformed(&message->channel, &problem);
    int status = show_result(message, response);
    json_decref(response);
    return status;
}

// How many bytes have come that were not received yet: behind a response that
// is complete there may be none, however they are cut.
static size_t unread(const struct channel *channel)
{
    int count = 0;
    ioctl(channel->fd, FIONREAD, &count);
    return (size_t)count;
}

static int process_response(struct message *message)
{
    struct channel *channel = &message->channel;
    size_t size = channel->header.content_length;
    size_t there = buffer_size(&channel->received);
    if (there < size)
        return 0;
    there += unread(channel);
    if (there > size)
        return channel_complain(channel,
                                "malformed response: %zu bytes follow the %zu "
                                "of its content-length",
                                there - size, size);
    const unsigned char *content = buffer_bytes(&channel->received);
    bool is_json = strcmp(channel->header.type, CODEC_JSON) == 0;
    channel_tell(channel, "received a response of type ", channel->header.type,
                 strlen(channel->header.type), "from");
    if ((is_json ? show_json(message, content, size)
                 : show(message, "got response: ", content, size,
                        PRINTABLE_BYTES)) == -1)
        return -1;
    channel_drop(channel, size);
    message->has_response = true;
    return 0;
}

// The server has finished before its response was complete. Returns -1.
static int complain_of_end(const struct message *message)
{
    const struct channel *channel = &message->channel;
    if (message->send_error != 0)
        return channel_complain(channel, "send: %s",
                                strerror(message->send_error));
    if (channel->processed + buffer_size(&channel->received) == 0)
        return channel_complain(channel,
                                "it closed the connection without a response");
    return channel_complain_of_end(
        channel, "it closed the connection within its response");
}

static int message_read(struct message *message)
{
    struct channel *channel = &message->channel;
    if (channel_receive(channel) == -1)
        return -1;
    int result = 0;
    if (channel->header_length == 0)
        result = channel_process_protoheader(channel);
    if (result == 0 && channel->header_length > 0 && !channel->has_header)
        result = channel_process_jsonheader(channel);
    if (result == 0 && channel->has_header && !message->has_response)
        result = process_response(message);
    if (result == 0 && channel->peer_finished && !message->has_response)
        result = complain_of_end(message);
    return result;
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
    if (!message->connected) {
        if (net_connect_result(message->channel.fd) == -1) {
            channel_complain(&message->channel, "connect: %s", strerror(errno));
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
    channel_tell(&message->channel, "closing connection", NULL, 0, "to");
    close(message->channel.fd);
    buffer_free(&message->to_send);
    buffer_free(&message->channel.received);
}
