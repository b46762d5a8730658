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
    //   Call: request_build(), channel_tell(); set request_queued.
    //   Trap: this is called when the socket is writable, and that may be many
    //         times. Whoever calls looks at request_queued.
    //   Proof, with the other steps: make check LESSON=16 CASE=any_text
    (void)message, (void)request_build;
    errno = ENOSYS;
    perror("app_client: TODO 16.4, queue_request");
    exit(EXIT_FAILURE);
}

// Sends as much as the kernel takes at once.
static void send_some(struct message *message)
{
    // TODO 16.5: offer the kernel what is to be sent, once.
    //   Call: send(2) with MSG_NOSIGNAL, buffer_drop().
    //   Trap: when sending fails, a response may have come all the same: keep
    //         the errno in send_error, and let receiving find out.
    //   Proof, with the other steps: make check LESSON=16 CASE=short_counts
    (void)message;
    errno = ENOSYS;
    perror("app_client: TODO 16.5, send_some");
    exit(EXIT_FAILURE);
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
    // TODO 16.7: once all of the content is there, show what it says.
    //   Call: unread(); show_json() for text/json, show() for anything else;
    //         channel_drop(); set has_response.
    //   Trap: nothing may follow it: then its content-length was wrong.
    //   Proof, with the other steps: make check LESSON=16 CASE=too_small
    (void)message, (void)unread, (void)show, (void)show_json;
    errno = ENOSYS;
    perror("app_client: TODO 16.7, process_response");
    exit(EXIT_FAILURE);
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
    // TODO 16.6: receive, and take each step for which the one before it is
    //   done.
    //   Call: channel_receive(), channel_process_protoheader(),
    //         channel_process_jsonheader(), process_response(),
    //         complain_of_end().
    //   Trap: an end of the stream is no failure when the response is
    //         complete, and one otherwise. Never wait for it.
    //   Proof, with the other steps: make check LESSON=16 CASE=early_end
    (void)message, (void)process_response, (void)complain_of_end;
    errno = ENOSYS;
    perror("app_client: TODO 16.6, message_read");
    exit(EXIT_FAILURE);
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
    (void)message;
    (void)events, (void)wants_write, (void)message_write, (void)message_read;
    (void)net_connect_result;
    errno = ENOSYS;
    perror("app_client: TODO 16.2, message_process_events");
    exit(EXIT_FAILURE);
}

void message_close(struct message *message)
{
    channel_tell(&message->channel, "closing connection", NULL, 0, "to");
    close(message->channel.fd);
    buffer_free(&message->to_send);
    buffer_free(&message->channel.received);
}
