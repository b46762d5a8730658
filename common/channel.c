#ifndef _GNU_SOURCE
#define _GNU_SOURCE // for program_invocation_short_name
#endif
#include "channel.h"

#include "net.h"
#include "printable.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    READ_SIZE = 64 * 1024, // received at once, at most
    SHOWN = 240,           // characters of a message in a line about it
};

void channel_tell(const struct channel *channel, const char *what,
                  const void *bytes, size_t size, const char *preposition)
{
    char text[NET_ADDRESS_TEXT_SIZE], shown[SHOWN];
    printf("%s%s %s %s\n", what,
           printable(bytes, size, PRINTABLE_BYTES, shown, sizeof shown),
           preposition, net_address_text(&channel->address, text, sizeof text));
}

int channel_complain(const struct channel *channel, const char *format, ...)
{
    char text[NET_ADDRESS_TEXT_SIZE], why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name,
            net_address_text(&channel->address, text, sizeof text), why);
    return -1;
}

int channel_malformed(const struct channel *channel,
                      const struct codec_problem *problem)
{
    if (problem->error != 0)
        return channel_complain(channel, "%s: %s", channel->kind, problem->why);
    return channel_complain(channel, "malformed %s: %s (at byte %zu)",
                            channel->kind, problem->why,
                            channel->processed + problem->offset);
}

int channel_complain_of_end(const struct channel *channel, const char *how)
{
    const char *part = !channel->header_length ? "the header's length"
                       : !channel->has_header  ? "the header"
                                               : "the content";
    size_t wanted = !channel->header_length ? CODEC_PROTOHEADER_SIZE
                    : !channel->has_header  ? channel->header_length
                                            : channel->header.content_length;
    return channel_complain(channel, "%s: %zu of %zu bytes of %s", how,
                            buffer_size(&channel->received), wanted, part);
}

int channel_receive(struct channel *channel)
{
    // Only what has come is kept: a peer that sends little costs little.
    unsigned char bytes[READ_SIZE];
    ssize_t count = recv(channel->fd, bytes, sizeof bytes, 0);
    if (count == -1)
        return errno == EAGAIN || errno == EINTR
                   ? 0
                   : channel_complain(channel, "recv: %s", strerror(errno));
    if (count == 0)
        channel->peer_finished = true;
    if (buffer_append(&channel->received, bytes, (size_t)count) == -1)
        return channel_complain(channel, "receive: %s", strerror(errno));
    return 0;
}

void channel_drop(struct channel *channel, size_t size)
{
    buffer_drop(&channel->received, size);
    channel->processed += size;
}

int channel_process_protoheader(struct channel *channel)
{
    struct codec_problem problem;
    switch (codec_parse_protoheader(buffer_bytes(&channel->received),
                                    buffer_size(&channel->received),
                                    &channel->header_length, &problem)) {
    case CODEC_MALFORMED: return channel_malformed(channel, &problem);
    case CODEC_NEED_MORE: return 0;
    case CODEC_DONE: break;
    }
    channel_drop(channel, CODEC_PROTOHEADER_SIZE);
    return 0;
}

int channel_process_jsonheader(struct channel *channel)
{
    if (buffer_size(&channel->received) < channel->header_length)
        return 0;
    struct codec_problem problem;
    if (codec_parse_header(buffer_bytes(&channel->received),
                           channel->header_length, &channel->header,
                           &problem) == CODEC_MALFORMED)
        return channel_malformed(channel, &problem);
    channel_drop(channel, channel->header_length);
    channel->has_header = true;
    return 0;
}
