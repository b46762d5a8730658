// What it means that the answer "too large" is late, or is not drained behind.

#include "why.h"

#include "stage/stage.h"
#include "trace/format.h"
#include "tracer/waits.h"
#include "words/content.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

const char *why_late(const struct peer *client)
{
    static const char due[] =
        "The byte behind the 16 MiB has come. That is too much already: the "
        "answer is due at once, before anything else is received or waited "
        "for, though the client has not finished sending.";
    const struct call *last = why_last_call(client, CALLS_RECEIVE);
    if (last != NULL && !last->finished && last->info->number == SYS_recvfrom &&
        (last->args[3] & MSG_WAITALL) != 0)
        return formatted("%s With MSG_WAITALL, %s() returns only when all that "
                         "it was asked for is there, %llu bytes, or the end.",
                         due, format_name(last),
                         (unsigned long long)last->asked);
    return due;
}

// The poll() of the drain that has not waited, and found nothing; NULL if there
// is none.
static const struct call *find_hasty(const struct peer *client)
{
    const struct call *shut = why_last_call(client, CALLS_CLOSE);
    struct trace *trace = stage_current()->trace;
    size_t i = trace->count;
    for (const struct call *call; (call = trace_last_call(trace, &i)) != NULL;)
        if (call->group == CALLS_WAIT && call->finished && call->result == 0 &&
            call->wants.read != 0 && // not in the place of a sleep()
            call->effect == CALM && shut != NULL && call->pid == shut->pid &&
            waits_length_of_time(call) >= 0 && waits_length_of_time(call) < 1)
            return call;
    return NULL;
}

// The receive of the drain that has not waited, and found nothing, and was the
// last; NULL if there is none.
static const struct call *find_impatient(const struct peer *client)
{
    const struct call *shut = why_last_call(client, CALLS_CLOSE);
    const struct call *last = why_last_call(client, CALLS_RECEIVE);
    return shut != NULL && last != NULL && last->finished &&
                   last->result == -EAGAIN && last->effect == CALM
               ? last
               : NULL;
}

const char *why_not_drained(const struct peer *client, const char *why)
{
    const struct call *hasty = find_hasty(client);
    const struct call *impatient = find_impatient(client);
    if (hasty == NULL && impatient == NULL)
        return why;
    if (hasty == NULL)
        return formatted("The client was given up at once: %s() did not wait, "
                         "and EAGAIN says that nothing is there just now. That "
                         "is neither an end nor silence: wait for more, by "
                         "poll(), as long as a client may be silent.",
                         format_name(impatient));
    return formatted("The client was given up at once: %s() was given %.0f ms, "
                     "found nothing, and that was taken for the end of a time "
                     "that had not passed. A length of time is none to wait "
                     "until: that is a moment, now and so much more; and what "
                     "is left until then is what the call is given.",
                     format_name(hasty), waits_length_of_time(hasty) * 1000);
}
