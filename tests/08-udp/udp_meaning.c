// What it means if udp_echo_client does not do what it should.

#include "udp.h"

#include "kernel/procfs.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "tracer/waits.h"
#include "words/content.h"

#include <errno.h>
#include <string.h>

const char *said_by(const struct program *client)
{
    return formatted("%.*s", (int)strcspn(client->err.bytes, "\n"),
                     client->err.bytes);
}

// The last call of the client that waited, or received; NULL if there is none.
static const struct call *last_look(const struct program *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (call->root == client->pid && call->finished && call->on_socket &&
            (call->group & (CALLS_WAIT | CALLS_RECEIVE)) != 0)
            return call;
    return NULL;
}

// What it has taken for the end of a try; NULL if that is not known.
static const char *cause_of_haste(const struct program *client)
{
    const struct call *look = last_look(client);
    const char *name = look == NULL ? NULL : format_name(look);
    if (look != NULL && look->result == -EINTR)
        return formatted("A signal has interrupted %s() (EINTR): that is no "
                         "end of the try, and no failure. Wait on, for what is "
                         "left.",
                         name);
    if (look != NULL && look->result == -EAGAIN && look->effect != TIMED_OUT)
        return formatted("%s() had nothing to receive after all (EAGAIN), "
                         "whatever poll() or select() had said: wait on, for "
                         "what is left.",
                         name);
    if (look != NULL && look->group == CALLS_RECEIVE && look->result >= 0)
        return formatted("What %s() has received was no answer, and that ends "
                         "no try: drop it, and wait on, for what is left.",
                         name);
    return NULL;
}

const char *meaning_of_haste(const struct program *client)
{
    const char *cause = cause_of_haste(client);
    return cause == NULL
               ? "It asks again before it has waited for an answer: each try "
                 "is one question, and then as long a wait as SECONDS says."
               : formatted("It asks again before it has waited for an answer. "
                           "%s",
                           cause);
}

const char *meaning_of_early_try(const struct program *client)
{
    if (client->ended && ended_with(client, 0))
        return NULL;
    const char *cause = cause_of_haste(client);
    return formatted(
        "%s before the time of this try was over. %s%s",
        client->ended ? "It has given up" : "It has asked again",
        cause != NULL ? cause
                      : "Each try waits as long as SECONDS says, the last one, "
                        "too.",
        client->ended
            ? formatted(" On stderr it says: \"%s\".", said_by(client))
            : "");
}

// How long the call may take that the client is blocked in; -1: for ever.
static int64_t limit_of(const struct call *blocked)
{
    struct thread_state state;
    return blocked == NULL || blocked->finished ||
                   procfs_thread(blocked->tid, &state) == -1
               ? -1
               : waits_limit_ns(&stage_current()->tracer, blocked->tid, &state);
}

const char *meaning_of_late_try(const struct program *client)
{
    const struct tracer *tracer = &stage_current()->tracer;
    const struct call *blocked = thread_blocked_call(tracer, client->pid);
    const int64_t limit_ns = limit_of(blocked);
    char text[16];
    if (tracer->clock.set_ns != 0)
        return "The clock of the day was set, and it has waited too long, or "
               "not long enough: CLOCK_REALTIME, gettimeofday() and time() "
               "show what people set. CLOCK_MONOTONIC is set by nobody.";
    if (limit_ns <= 0)
        return NULL; // the calls may tell
    format_time(text, sizeof text, (uint64_t)limit_ns / 1000000);
    return formatted("The try is over, and %s() waits on, for %s. Is SECONDS "
                     "what it waits for (a second has 1000 ms, and a million "
                     "us), and each wait what is left of one try?",
                     format_name(blocked), text);
}

const char *meaning_of_restlessness(const struct program *client)
{
    const struct call *look = last_look(client);
    if (questions_of(client) > 1)
        return "The kernel tells at once that nobody listens there "
               "(ECONNREFUSED), and the next question is refused as soon as "
               "the first: asked again at once, that never ends. Give up, or "
               "wait until the try is over.";
    if (look == NULL || look->group != CALLS_WAIT || look->result < 1 ||
        has_seen(ECONNREFUSED))
        return NULL;
    return formatted("Nobody listens there, and the kernel says so: that is an "
                     "error of the socket, and %s() tells of it at once, asked "
                     "or not (POLLERR, perhaps without POLLIN), again and "
                     "again, until a call takes it. Whatever stands in "
                     "revents, receive: recv() fails with it (ECONNREFUSED).",
                     format_name(look));
}

// The last receive that has brought so many bytes, since a peer has sent last;
// NULL: none has.
static const struct call *find_brought(const struct program *client,
                                       size_t size)
{
    struct trace *trace = stage_current()->trace;
    const struct call *brought = NULL;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        const struct call *call = trace_call(trace, i);
        if (event != NULL && event->kind == EVENT_PEER &&
            event->deed.action == PEER_SENDS)
            brought = NULL;
        if (call != NULL && call->root == client->pid && call->on_datagrams &&
            call->group == CALLS_RECEIVE && call->finished && size > 0 &&
            call->result == (int64_t)size)
            brought = call;
    }
    return brought;
}

const char *meaning_of_no_output(const struct program *client, size_t size)
{
    const struct call *brought = find_brought(client, size);
    if (brought == NULL && client->ended && questions_of(client) > 1 &&
        strcasestr(client->err.bytes, "no answer") != NULL)
        return formatted("The answer has come, from the server, and is "
                         "MESSAGE. But it has asked %zu times by then, and "
                         "given up, and none of its calls has brought that "
                         "answer: does each try wait as long as SECONDS says, "
                         "by the unit of what you wait with?",
                         questions_of(client));
    if (brought == NULL)
        return "The answer has come, from the server, and is MESSAGE: so it is "
               "over.";
    return formatted("The answer has come, from the server, and is MESSAGE: "
                     "%s() has brought it, so it is over. Does it pass for the "
                     "answer (the size, and that many bytes, by memcmp(): "
                     "strcmp() goes on to a zero, and none comes), and does "
                     "that end the loop of the tries?",
                     format_name(brought));
}
