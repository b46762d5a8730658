// What it means that the client has not sent all, or not printed the answer.

#include "why.h"

#include "stage/stage.h"
#include "base/names.h"
#include "words/content.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

// What a client's calls have done so far on its connection.
struct deeds {
    const struct call *closed;      // a close() of it
    const struct call *failed_send; // the last; EAGAIN and EINTR are none
    const struct call *short_send;  // the last that took less than it might,
                                    // and whose rest was not sent next
    const struct call *failed;      // the last receive, if that has failed
    const struct call *received[2]; // the last two that brought something
    size_t count, bytes;            // of these, in all
    const struct call *waiting;     // a call that it still is in
};

static void note_receive(struct deeds *deeds, const struct call *call)
{
    if (call->result < 0 && call->result != -EAGAIN && call->result != -EINTR)
        deeds->failed = call;
    if (call->result <= 0 || call->only_looks)
        return;
    deeds->received[0] = deeds->received[1];
    deeds->received[1] = call;
    deeds->count++;
    deeds->bytes += (size_t)call->result;
}

static void note_send(struct deeds *deeds, const struct call *call)
{
    const struct call *cut = deeds->short_send;
    // It goes on where that ended.
    if (cut != NULL && call->info == cut->info &&
        call->args[1] == cut->args[1] + (uint64_t)cut->result)
        deeds->short_send = NULL;
    if (call->result < 0 && call->result != -EAGAIN && call->result != -EINTR)
        deeds->failed_send = call;
    if (call->result > 0 && (uint64_t)call->result < call->asked)
        deeds->short_send = call;
}

// The calls are good until the trace goes on.
static struct deeds deeds_of(const struct program *client)
{
    struct deeds deeds = {.count = 0};
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(trace, &i)) != NULL;) {
        if (call->root != client->pid)
            continue;
        if (!call->finished)
            deeds.waiting = call;
        else if (!call->on_socket)
            continue;
        else if (call->group == CALLS_CLOSE &&
                 strcmp(call->info->name, "close") == 0 && call->result == 0)
            deeds.closed = call;
        else if (call->group == CALLS_RECEIVE)
            note_receive(&deeds, call);
        else if (call->group == CALLS_SEND)
            note_send(&deeds, call);
    }
    return deeds;
}

static const char *said_by(const struct program *client)
{
    const char *said = client->err.bytes;
    if (!client->ended || *said == '\0')
        return NULL;
    return formatted("The client has ended, and says on stderr: \"%.*s\".",
                     (int)strcspn(said, "\n"), said);
}

// It has ended, and should not have: SAID is a sentence on what it says.
static const char *why_ended(const char *said)
{
    if (strstr(said, strerror(EINTR)) != NULL)
        return formatted("%s Nothing has failed: a signal has interrupted a "
                         "call, which is made again. Read: man 7 signal, "
                         "\"Interruption of system calls\".",
                         said);
    if (strstr(said, strerror(EAGAIN)) != NULL)
        return formatted("%s Nothing has failed: EAGAIN says that there is "
                         "nothing yet, or no room, and that it would have had "
                         "to wait. Read: man 2 recv, man 2 send, EAGAIN.",
                         said);
    return NULL;
}

// What has come is more than there was, or not the beginning of it.
static const char *why_other_bytes(const struct program *client,
                                   const struct peer *server, const void *bytes,
                                   size_t size, bool is_other)
{
    const struct deeds deeds = deeds_of(client);
    const size_t got = server->in.size;
    if (deeds.short_send != NULL && (got < size || is_other))
        return formatted(
            "%s() took %" PRId64 " of the %" PRIu64 " bytes that it was "
            "offered, and what came next is not what stands behind these: the "
            "rest of a piece is sent first, from where that ended, and only "
            "then is the next one read. Read: man 2 send, RETURN VALUE.",
            deeds.short_send->info->name, deeds.short_send->result,
            deeds.short_send->asked);
    if (got > size)
        return formatted("Standard input has %zu byte%s, and no more: of each "
                         "piece as many are sent as read(2) brought, not as "
                         "many as there is room for.",
                         size, size == 1 ? "" : "s");
    if (got < size && memchr(bytes, '\0', size) != NULL && got > 0 &&
        memchr(server->in.at, '\0', got) == NULL)
        return "Among the bytes of standard input are zeros, which are bytes "
               "like any others, and none of them has come: as many are sent "
               "as read(2) brought, and strlen() does not know how many that "
               "is.";
    if (is_other || memcmp(server->in.at, bytes, got) != 0)
        return "What has come is not what stands on standard input: each byte "
               "of it is sent once, and in order; and what one read(2) brought "
               "is sent before the next one takes its place.";
    return NULL;
}

const char *why_not_sent(const struct program *client,
                         const struct peer *server, const void *bytes,
                         size_t size, bool is_other)
{
    const char *said = said_by(client);
    const char *why = said != NULL ? why_ended(said) : NULL;
    if (why == NULL)
        why = why_other_bytes(client, server, bytes, size, is_other);
    const size_t got = server->in.size;
    if (why != NULL)
        return why;
    if (got < size && server->saw_end && got > 0 &&
        ((const unsigned char *)bytes)[got] == 0xff)
        return formatted("The client has finished sending behind %zu of %zu "
                         "bytes, and the next one is 0xff: in a char that is "
                         "-1, as EOF is. getchar() returns an int, which has "
                         "room for both; and only read(2) = 0 is the end.",
                         got, size);
    if (got < size && server->saw_end)
        return formatted("The client has finished sending behind %zu of %zu "
                         "byte%s: read(2) says by a 0 that no more comes, and "
                         "by nothing else; and what it brought is sent before "
                         "the next one takes its place.%s%s",
                         got, size, size == 1 ? "" : "s",
                         said != NULL ? " " : "", said != NULL ? said : "");
    if (got < size)
        return "Not all of standard input has been sent: read(2) until it "
               "returns 0, and send all of what it brought.";
    return "All of standard input is there, and the server can't know that: it "
           "waits for more. Say that it was all, by shutdown(fd, SHUT_WR).";
}

// All of the line was received, in one call or several.
static const char *why_not_kept(const struct deeds *deeds)
{
    if (deeds->failed != NULL)
        return formatted("All of the line had been received before %s() failed "
                         "with %s: it is the answer, however the connection "
                         "ends behind it.",
                         deeds->failed->info->name,
                         name_of_error((int)-deeds->failed->result));
    if (deeds->failed_send != NULL)
        return formatted("%s() had failed with %s, and all of the line was "
                         "received nevertheless: it is the answer, whatever "
                         "became of the rest.",
                         deeds->failed_send->info->name,
                         name_of_error((int)-deeds->failed_send->result));
    if (deeds->count > 1 &&
        deeds->received[0]->args[1] == deeds->received[1]->args[1])
        return formatted("The line came in %zu pieces, and each was put where "
                         "the one before had been: what comes goes behind what "
                         "has come.",
                         deeds->count);
    if (deeds->count > 1)
        return formatted("The line came in %zu pieces, of %zu bytes in all, "
                         "and was not printed: the line is what all of them "
                         "have brought together, and its size their sum.",
                         deeds->count, deeds->bytes);
    return NULL;
}

bool has_closed_early(const struct program *client)
{
    const struct deeds deeds = deeds_of(client);
    return deeds.closed != NULL && deeds.bytes == 0 && deeds.failed != NULL &&
           deeds.failed->result == -EBADF;
}

const char *why_not_printed(const struct program *client, const char *text)
{
    const struct deeds deeds = deeds_of(client);
    if (client->out.size > 0)
        return "What the server has answered is printed as it has come, one "
               "line, and nothing else.";
    if (has_closed_early(client))
        return "The client has closed its socket: that is the end of both "
               "directions, and nothing can be received by it any more. "
               "shutdown(fd, SHUT_WR) ends only the sending. Read: man 2 "
               "shutdown.";
    if (deeds.bytes == 0 && deeds.failed_send != NULL)
        return formatted("%s() failed with %s, and the answer had come before "
                         "that, and was never received: it still can be. "
                         "Receive until recv() returns 0, or fails as well.",
                         deeds.failed_send->info->name,
                         name_of_error((int)-deeds.failed_send->result));
    if (deeds.bytes > 0 && deeds.bytes < strlen(text))
        return formatted("The client has received %zu of the answer's %zu "
                         "bytes, and has ended: one recv() brings what is "
                         "there, and 0 says that nothing more comes.",
                         deeds.bytes, strlen(text));
    const char *why = deeds.bytes > 0 ? why_not_kept(&deeds) : NULL;
    if (why != NULL)
        return why;
    if (deeds.bytes > 0)
        return formatted("The answer was received, and not printed: \"%.*s\" "
                         "is one, and goes to stdout.",
                         (int)strlen(text) - 1, text);
    return "The server has answered, and nothing of it was printed. The answer "
           "comes when the server has seen the end of what is sent, and only "
           "the receiving side of the connection is still open then: receive "
           "until recv() returns 0.";
}

const char *why_no_end(const struct program *client)
{
    const struct call *call = deeds_of(client).waiting;
    if (call == NULL)
        return NULL;
    if (call->group == CALLS_SEND)
        return formatted("The answer is there, and the client is in %s(): that "
                         "waits until the server receives more, and the server "
                         "will not. Send what the kernel takes at once "
                         "(MSG_DONTWAIT), and wait, by poll(), for both: room "
                         "to send, and something to receive.",
                         call->info->name);
    if (!call->on_socket && call->fd == 0)
        return formatted("The answer is there, and the client is in %s() for "
                         "standard input, where nobody types. Wait, by "
                         "poll(), for both, and read only what is there.",
                         call->info->name);
    return NULL;
}
