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
    // TODO 15.3: receive once, and append what came to channel->received.
    //   Call: recv(2), buffer_append().
    //   Trap: 0 says that the client will send no more; it may still wait for
    //         an answer. EAGAIN and EINTR mean: not now. Make no room for what
    //         a client announces, only for what it sends.
    //   Proof, with the other steps: make check LESSON=15 CASE=a_search
    (void)channel, (void)READ_SIZE;
    errno = ENOSYS;
    perror("app_server: TODO 15.3, channel_receive");
    exit(EXIT_FAILURE);
}

void channel_drop(struct channel *channel, size_t size)
{
    buffer_drop(&channel->received, size);
    channel->processed += size;
}

int channel_process_protoheader(struct channel *channel)
{
    // TODO 15.5: once 2 bytes are there, find out how long the header is.
    //   Call: codec_parse_protoheader(), channel_malformed(), channel_drop().
    //   Trap: it is no mistake that one byte is there and the other is not.
    //   Proof, with the other steps: make check LESSON=15 CASE=pieces
    (void)channel;
    errno = ENOSYS;
    perror("app_server: TODO 15.5, channel_process_protoheader");
    exit(EXIT_FAILURE);
}

int channel_process_jsonheader(struct channel *channel)
{
    // TODO 15.6: once all of the header is there, read it.
    //   Call: codec_parse_header(), channel_malformed(), channel_drop(); set
    //         has_header.
    //   Trap: buffer_size() is what has come, header_length what has to.
    //   Proof, with the other steps: make check LESSON=15 CASE=header
    (void)channel;
    errno = ENOSYS;
    perror("app_server: TODO 15.6, channel_process_jsonheader");
    exit(EXIT_FAILURE);
}
