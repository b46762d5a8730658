#include "why.h"

#include "stage/stage.h"
#include "trace/format.h"
#include "base/names.h"
#include "words/content.h"
#include "words/expect_fail.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <zlib.h>

// The last call of one of these groups on that connection, which only
// connected sockets have; NULL if there is none, or none is known.
static const struct call *last_call(uint16_t port, unsigned groups)
{
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (call->on_socket && call->port == port && port != 0 &&
            (call->group & groups) != 0)
            return call;
    return NULL;
}

const struct call *why_last_call(const struct peer *client, unsigned groups)
{
    return last_call(client->local.v4.sin_port, groups);
}

static bool has_failed(const struct call *call)
{
    return call != NULL && call->finished && call->result < 0;
}

// SIZE is right, and the rest is not.
static const char *why_other_crc(const struct peer *client, const char *answer,
                                 const struct content *content,
                                 unsigned long crc)
{
    const size_t digits = strcspn(answer, " ");
    const unsigned long right = strtoul(answer + digits, NULL, 16);
    const struct call *last =
        last_call(client->local.v4.sin_port, CALLS_RECEIVE);
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count, piece = 0;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (last != NULL && call->on_socket && call->port == last->port &&
            call->group == CALLS_RECEIVE && call->result > 0 && piece == 0)
            piece = (size_t)call->result;
    if (crc == right)
        return "SIZE is right, and CRC32 has not its 8 digits: in front stand "
               "zeros. Read: man 3 printf, \"Flag characters\".";
    if (piece > 0 && piece < content->size &&
        crc == crc32_z(0, content->bytes + content->size - piece, piece))
        return formatted("SIZE is right, and CRC32 is that of the last piece "
                         "alone, of %zu byte%s: it goes on from that of the "
                         "pieces before, which crc32() takes as its first "
                         "argument.",
                         piece, piece == 1 ? "" : "s");
    return "SIZE is right, and CRC32 is not: of each piece as many bytes are "
           "added as recv() brought, not as many as there is room for, each "
           "once, and in order.";
}

static const char *why_digest_of_nothing(const struct call *received,
                                         size_t size)
{
    if (received == NULL && size > 0 && stage_current()->traced)
        return "That is the digest of nothing: and nothing was received. That "
               "the client has finished (POLLRDHUP and POLLHUP say so) does "
               "not say that all has been received which came before it: "
               "receive until recv() returns 0. What lies unread at a close() "
               "is answered by a reset. Read: man 2 recv, RETURN VALUE.";
    return "That is the digest of nothing: none of the bytes has been added "
           "to it, or it was made anew behind them.";
}

// Another client has sent so many bytes.
static bool is_of_another(const struct peer *client, unsigned long long size)
{
    const struct peer *peer = stage_current()->peers;
    for (; peer != NULL; peer = peer->next)
        if (peer != client && peer->sent == size)
            return true;
    return false;
}

// SIZE is another number.
static const char *why_other_size(const struct peer *client,
                                  const struct content *content,
                                  const char *text, unsigned long long got)
{
    const size_t size = content->size;
    const struct call *last =
        last_call(client->local.v4.sin_port, CALLS_RECEIVE);
    const unsigned char *zero = memchr(content->bytes, '\0', size);
    if (has_failed(last))
        return formatted("%s() returned -1 with %s, and the answer is the "
                         "digest of what had come before: only 0 is the end of "
                         "the content.",
                         last->info->name, name_of_error((int)-last->result));
    if (strcmp(text, "0 00000000\n") == 0)
        return why_digest_of_nothing(last, size);
    if (size > 9 && strtoull(text, NULL, 16) == size)
        return "SIZE is a decimal number.";
    if (content->before > 0 && got == size + content->before)
        return formatted("This client has sent %zu bytes, and those before it "
                         "%zu: SIZE is that of all of them. Each client's "
                         "digest begins with nothing.",
                         size, content->before);
    if (got > size && is_of_another(client, got - size))
        return formatted(
            "This client has sent %zu bytes, and another one %llu: "
            "SIZE is that of both. Each client's digest begins "
            "with nothing, however that of another has ended.",
            size, got - size);
    if (zero != NULL && got == (size_t)(zero - content->bytes))
        return "Behind so many bytes the content has a zero, which is a byte "
               "like any other: of each piece as many are added as recv() "
               "brought, and strlen() does not know how many that is.";
    if (got > size)
        return formatted("The client has sent %zu byte%s, and no more: of each "
                         "piece as many are added as recv() brought, not as "
                         "many as there is room for, and each once.",
                         size, size == 1 ? "" : "s");
    return formatted(
        "The client has sent %zu bytes, in several pieces perhaps, "
        "and all of them count: what each recv() brings is added "
        "to what was there, until it returns 0.",
        size);
}

const char *why_other(const struct peer *client, const char *answer,
                      const struct content *content)
{
    char text[64] = "";
    const size_t size = client->in.size, wanted = strlen(answer);
    memcpy(text, client->in.at, size < sizeof text ? size : sizeof text - 1);
    if (size > wanted && memcmp(text, answer, wanted) == 0 &&
        client->in.at[wanted] == '\0')
        return "The line is right, and behind it come zeros: what ends a "
               "string in C is none of its bytes. Send as many as strlen() "
               "counts.";
    if (size > wanted && memcmp(text, answer, wanted) == 0)
        return "Behind the answer more has come: it is one line.";
    if (strncmp(answer, "too", 3) == 0)
        return "More than 16 MiB have come: of that there is no digest, and "
               "the answer is another line.";
    if (strncmp(text, "too", 3) == 0)
        return formatted("The content has %zu bytes, and 16 MiB, 16777216 "
                         "bytes, are not too large: one byte more is.",
                         content->size);
    char *end;
    const unsigned long long number = strtoull(text, &end, 10);
    if (strcasecmp(text, answer) == 0)
        return "The digits of CRC32 are small letters. Read: man 3 printf, "
               "\"x, X\".";
    if (end > text && *end == ' ' && number == content->size)
        return why_other_crc(client, answer, content, strtoul(end, NULL, 16));
    if (strtoul(text, &end, 16) == strtoul(strchr(answer, ' '), NULL, 16) &&
        end == text + 8 && strtoull(end, NULL, 10) == content->size)
        return "SIZE stands first in the line, and then CRC32.";
    return why_other_size(client, content, text, number);
}

// What the server has said, as a part of a sentence.
static const char *said_by(const struct program *server)
{
    const char *said = server->err.bytes;
    if (*said == '\0')
        return "";
    return formatted(", and says on stderr: \"%.*s\"", (int)strcspn(said, "\n"),
                     said);
}

const char *why_none(const struct program *server, const struct peer *client,
                     const char *answer)
{
    if (server->ended)
        return formatted("The server itself has ended%s. What goes wrong with "
                         "one client is one line on stderr, and the next "
                         "client's turn.",
                         said_by(server));
    if (client->saw_error != 0)
        return formatted(
            "The server has closed the connection%s. The client, which had "
            "sent %zu of %zu bytes, met a reset: when a socket is closed, and "
            "bytes lie there that nobody has received, or come behind that, "
            "the kernel answers them so; and an answer that the client has "
            "not received yet may be lost then. A client that was refused may "
            "send as much as 64 MiB more. " HOW_TO_DRAIN,
            said_by(server), client->sent, client->out.size);
    if (client->in.size > 0 && answer[client->in.size] == '\n')
        return "All of the line has come but its newline, which is one of its "
               "bytes.";
    if (client->in.size > 0)
        return "A part of the line has come, and that is no answer: send() may "
               "take fewer bytes than it was offered.";
    const uint16_t port = client->local.v4.sin_port;
    const struct call *sent = last_call(port, CALLS_SEND);
    const struct call *shut = last_call(port, CALLS_CLOSE);
    if (shut != NULL && strcmp(shut->info->name, "shutdown") == 0 &&
        (sent == NULL || has_failed(sent)))
        return "shutdown() has ended the sending, and no answer had been sent "
               "before: first it is sent, at once, then shutdown(SHUT_WR) says "
               "that it was all, and what still comes is received. Read: man 2 "
               "shutdown.";
    if (is_over(client))
        return formatted("The server has ended the connection without an "
                         "answer%s. What the client did was right: recv() = 0 "
                         "says that it has finished sending, and it still "
                         "receives, and waits for its line.",
                         said_by(server));
    return "The client has sent what it had to, and now it waits: the answer "
           "is due.";
}
