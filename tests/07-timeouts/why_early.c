// What it means that a program has not waited, or has not sent all.

#include "fetching.h"
#include "why.h"

#include "stage/stage.h"
#include "trace/format.h"
#include "words/content.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

const char *meaning_of_haste(const struct program *client, const char *seconds)
{
    const struct past past = look_back(client);
    if (!client->ended)
        return NULL;
    if (stage_current()->tracer.clock.set_ns != 0)
        return formatted(
            "The clock of the day was set, and nothing else has happened: "
            "CLOCK_REALTIME, gettimeofday() and time() show what people set. "
            "CLOCK_MONOTONIC is set by nobody. %s",
            what_it_said(client));
    if (past.interrupted > 0)
        return formatted("A signal has interrupted a wait (EINTR), and that "
                         "was taken for the end of the time, or for a failure: "
                         "wait on, for what is left. %s",
                         what_it_said(client));
    if (past.over != NULL && past.sent == NULL && past.connects == 1)
        return formatted(
            "%s() waited for %s while it was connecting, and that was over; "
            "but SECONDS is %s, of which only %.1f had passed. If that is a "
            "share, one for each address of the name: the others have theirs, "
            "too, and connect() was called only once. Or is it less than what "
            "was left: a fraction lost, or milliseconds that did not fit in an "
            "int? %s",
            format_name(past.over),
            time_text((int64_t)past.over->waited_ms * 1000000), seconds,
            (double)passed_ms() / 1000, what_it_said(client));
    if (past.over != NULL)
        return formatted(
            "%s() waited for %s, and that was over; but SECONDS is %s, of "
            "which only %.1f had passed. Is its limit less than what was left: "
            "a fraction lost, or milliseconds that did not fit in an int? That "
            "poll() has waited in vain is the end only if nothing is left "
            "then. (On Linux select() writes what is left into its struct "
            "timeval: make that anew for each call.) %s",
            format_name(past.over),
            time_text((int64_t)past.over->waited_ms * 1000000), seconds,
            (double)passed_ms() / 1000, what_it_said(client));
    return NULL;
}

const char *meaning_of_early_end(const struct program *client)
{
    const struct past past = look_back(client);
    if (!client->ended || past.has_failed || past.has_connected ||
        past.connects == 0 || past.over != NULL || client->err.size == 0 ||
        strstr(client->err.bytes, strerror(EINPROGRESS)) != NULL ||
        strstr(client->err.bytes, strerror(ENOSYS)) != NULL)
        return NULL;
    return formatted(
        "It has ended at once, though no call has failed, and no time has "
        "passed. %s What did it take for the time that was left? What has no "
        "room in its type becomes 0, or a small or a negative number: the "
        "digits of SECONDS, or the milliseconds, of which poll() takes no more "
        "than INT_MAX, 24 days.",
        what_it_said(client));
}

const char *meaning_of_unsent(const struct program *client)
{
    const struct past past = look_back(client);
    const struct call *sent = past.sent;
    if (sent == NULL || sent->result <= 0)
        return NULL;
    if ((uint64_t)sent->result < sent->asked)
        return formatted(
            "%s() took %" PRId64 " of the %" PRIu64 " bytes that it was "
            "offered, and the rest was offered to none: it takes what there is "
            "room for, and returns how much that was. Offer it the rest, "
            "until there is none. Read: man 2 send, RETURN VALUE.",
            format_name(sent), sent->result, sent->asked);
    if (past.taken >= path_size())
        return NULL;
    return formatted(
        "All that was offered to %s() has been taken, %" PRIu64 " bytes: and "
        "that is not the whole request, as PATH alone has %zu. Is it written "
        "into an array that has no room for all of it?",
        format_name(sent), past.taken, path_size());
}
