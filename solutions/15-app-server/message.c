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
    return buffer_size(&message->to_send) > 0 ? SELECTOR_WRITE : SELECTOR_READ;
}

static int process_request(struct message *message)
{
    struct channel *channel = &message->channel;
    size_t size = channel->header.content_length;
    if (buffer_size(&channel->received) < size)
        return 0;
    const unsigned char *content = buffer_bytes(&channel->received);
    struct codec_problem problem;
    if (strcmp(channel->header.type, CODEC_JSON) == 0) {
        channel_tell(channel, "received request ", content, size, "from");
        message->request =
            codec_parse_json(content, size, channel->header.encoding, &problem);
        if (message->request == NULL)
            return channel_malformed(channel, &problem);
    } else {
        channel_tell(channel, "received a request of type ",
                     channel->header.type, strlen(channel->header.type),
                     "from");
        message->beginning_size =
            size < sizeof message->beginning ? size : sizeof message->beginning;
        if (size > 0)
            memcpy(message->beginning, content, message->beginning_size);
    }
    channel_drop(channel, size);
    message->has_request = true;
    return 0;
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
    int result = message->request != NULL
                     ? answer_json(&message->to_send, message->request)
                     : answer_bytes(&message->to_send, message->beginning,
                                    message->beginning_size);
    if (result == -1)
        return channel_complain(&message->channel, "response: %s",
                                strerror(errno));
    forget_request(message);
    channel_tell(&message->channel, "sending ", buffer_bytes(&message->to_send),
                 buffer_size(&message->to_send), "to");
    return 0;
}

// Takes the request as far as it has come. Returns 0; -1 after saying why.
static int process(struct message *message)
{
    struct channel *channel = &message->channel;
    int result = 0;
    if (channel->header_length == 0)
        result = channel_process_protoheader(channel);
    if (result == 0 && channel->header_length > 0 && !channel->has_header)
        result = channel_process_jsonheader(channel);
    if (result == 0 && channel->has_header && !message->has_request)
        result = process_request(message);
    return result;
}

// Sends as much as the kernel takes at once. Returns 0; -1 after saying why.
static int send_some(struct message *message)
{
    struct buffer *to_send = &message->to_send;
    if (buffer_size(to_send) == 0)
        return 0;
    ssize_t sent = send(message->channel.fd, buffer_bytes(to_send),
                        buffer_size(to_send), MSG_NOSIGNAL);
    if (sent == -1)
        return errno == EAGAIN || errno == EINTR
                   ? 0
                   : channel_complain(&message->channel, "send: %s",
                                      strerror(errno));
    buffer_drop(to_send, (size_t)sent);
    if (buffer_size(to_send) == 0) {
        buffer_free(to_send);
        message->responses++;
    }
    return 0;
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
    const struct channel *channel = &message->channel;
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
    } while (message->responses != responses);

    bool has_begun =
        channel->header_length > 0 || buffer_size(&channel->received) > 0;
    if (has_begun && channel->peer_finished) {
        channel_complain_of_end(channel, "it ended within a request");
        return MESSAGE_FAILED;
    }
    if (has_begun)
        return MESSAGE_GOES_ON;
    if (message->responses == 0)
        return channel->peer_finished ? MESSAGE_DONE : MESSAGE_GOES_ON;
    // Closed with bytes that nobody has received, a connection is reset, and
    // the response may be lost on its way.
    return has_more(message) ? MESSAGE_GOES_ON : MESSAGE_DONE;
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
