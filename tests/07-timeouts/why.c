// What it means that a program still waits though its time is over, or that it
// has not waited: from the call that it waits in, with which limit; from those
// before; and whether it has asked the clock.

#include "fetching.h"

#include "kernel/procfs.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "tracer/waits.h"
#include "words/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { WAITS = CALLS_WAIT | CALLS_RECEIVE | CALLS_SEND | CALLS_CONNECT };

// What there is to know of the calls of a program so far.
struct past {
    const struct call *blocked; // it is in that; NULL: in none that is known
    int64_t limit_ns;           // and may be for so long; -1: for ever
    size_t connects;            // on sockets of the network
    bool has_connected;         // a connect() has returned 0
    size_t interrupted;         // waits that a signal has ended
    size_t moved;               // calls that have received something
    bool sets_descriptor_flag;  // O_NONBLOCK by F_SETFD
    bool limits_receiving, limits_sending; // SO_RCVTIMEO, SO_SNDTIMEO
    bool rests;                            // has called alarm() or its kin
    bool has_failed;         // a call has, and not for want of something ready
    const struct call *over; // the last of whose limit was over; or NULL
    size_t begun_at;         // where in the trace its first connect() is
    int64_t waited_ns;       // how long it has been in that call
};

static bool is_option(const struct call *call, int option)
{
    return call->info->number == SYS_setsockopt &&
           (int)call->args[1] == SOL_SOCKET && (int)call->args[2] == option;
}

// A call, or what it was asked about, and not for want of something ready.
static bool has_failed(const struct call *call)
{
    int error = 0;
    if (!call->on_socket || !call->finished || call->local)
        return false;
    if (call->info->number == SYS_getsockopt && call->note_size == sizeof error)
        memcpy(&error, call->note, sizeof error);
    return error != 0 ||
           (call->result < 0 && call->result != -EINTR &&
            call->result != -EAGAIN && call->result != -EINPROGRESS);
}

static void look_at(struct past *past, const struct call *call)
{
    past->connects += call->group == CALLS_CONNECT && !call->local;
    past->has_connected =
        past->has_connected ||
        (call->group == CALLS_CONNECT && call->finished && call->result == 0);
    past->interrupted += call->finished && call->result == -EINTR &&
                         call->group != CALLS_CONNECT;
    past->moved +=
        call->on_socket && call->group == CALLS_RECEIVE && call->result > 0;
    past->sets_descriptor_flag =
        past->sets_descriptor_flag ||
        (call->info->number == SYS_fcntl && (int)call->args[1] == F_SETFD &&
         (call->args[2] & O_NONBLOCK) != 0);
    past->limits_receiving =
        past->limits_receiving || is_option(call, SO_RCVTIMEO);
    past->limits_sending = past->limits_sending || is_option(call, SO_SNDTIMEO);
    past->has_failed = past->has_failed || has_failed(call);
    past->rests = past->rests || call->group == CALLS_REST;
    if (call->effect == TIMED_OUT)
        past->over = call;
}

static struct past look_back(const struct program *client)
{
    const struct tracer *tracer = &stage_current()->tracer;
    struct past past = {.limit_ns = -1};
    size_t i = 0;
    for (const struct call *call;
         (call = trace_next_call(tracer->trace, &i)) != NULL;) {
        if (call->root != client->pid)
            continue;
        look_at(&past, call);
        if (past.connects == 1 && past.begun_at == 0)
            past.begun_at = i;
    }
    if (client->ended)
        return past;
    past.blocked = thread_blocked_call(tracer, client->pid);
    struct thread_state state;
    if (past.blocked != NULL && !past.blocked->finished &&
        procfs_thread(past.blocked->tid, &state) == 0) {
        past.limit_ns = waits_limit_ns(tracer, past.blocked->tid, &state);
        past.waited_ns = clock_now_ns(&tracer->clock) -
                         thread_find(tracer, past.blocked->tid)->began_ns;
    }
    return past;
}

// "recv() at fetch.c:12": where it stands is in the timeline, too.
static const char *name(const struct call *call)
{
    return format_name(call);
}

static char *time_text(int64_t ns)
{
    char text[16];
    format_time(text, sizeof text, (uint64_t)ns / 1000000);
    return formatted("%s", text);
}

// True if it has looked at a clock that goes on while it waits, since it began
// to connect.
static bool asks_the_clock(const struct past *past,
                           const struct program *client)
{
    const struct clock *clock = &stage_current()->tracer.clock;
    return clock->read_by == client->pid && clock->read_at >= past->begun_at;
}

static const char *in_connect(const struct past *past)
{
    const char *why = "";
    if (past->sets_descriptor_flag)
        why = " fcntl() with F_SETFD has set a flag of the descriptor, and "
              "O_NONBLOCK is none: it is F_SETFL that sets it.";
    else if (past->limits_receiving)
        why = " SO_RCVTIMEO is for calls that receive: it does not bound "
              "connect().";
    return formatted(
        "It is connect() itself that waits: an address that does not answer "
        "is tried for minutes. On a socket with O_NONBLOCK it returns at once, "
        "with EINPROGRESS, and then you can wait for POLLOUT as long as you "
        "like.%s Read: man 2 connect, EINPROGRESS.",
        why);
}

// It waits without a limit.
static const char *for_ever(const struct past *past)
{
    const struct call *call = past->blocked;
    if (call->group == CALLS_CONNECT)
        return in_connect(past);
    if (call->group == CALLS_WAIT)
        return formatted(
            "%s() waits without a limit: for poll() a negative number of "
            "milliseconds means for ever, whichever it is, and for select() "
            "NULL. What is left may be negative, when the time is over; and "
            "what does not fit in an int may become so.",
            name(call));
    if (past->rests && clock_never_rings(&stage_current()->tracer.clock))
        return formatted(
            "%s() waits for an alarm that does not come: alarm(0), a "
            "setitimer() or a timer_settime() with 0 switches it off, and what "
            "is less than its unit, or was rounded down, is 0.",
            name(call));
    if (past->rests)
        return formatted(
            "%s() goes on although SIGALRM has come: what signal(2) installs "
            "has SA_RESTART, with which a call begins again. sigaction() "
            "without that flag lets it fail with EINTR; and who calls again "
            "then has to know that the time is over.",
            name(call));
    if (past->limits_receiving || past->limits_sending)
        return formatted(
            "%s() waits without a limit, though you have set one: a struct "
            "timeval of 0 means for ever with SO_RCVTIMEO and SO_SNDTIMEO, and "
            "what is less than a microsecond, or was rounded down, is 0; and "
            "each of the two is for one direction only. Read: man 7 socket.",
            name(call));
    return formatted(
        "%s() waits without a limit for a server that does nothing more. Give "
        "each wait what is left of the deadline: poll() before it, on a socket "
        "that does not block.",
        name(call));
}

// It has been in that call since it began.
static bool is_from_the_beginning(const struct past *past)
{
    enum { LITTLE_MS = 1000, MS_NS = 1000000 };
    return (int64_t)passed_ms() - past->waited_ns / MS_NS < LITTLE_MS;
}

// It waits with a limit that is too long.
static const char *for_too_long(const struct past *past,
                                const struct program *client)
{
    const char *length = time_text(past->limit_ns);
    const char *call = name(past->blocked);
    if (stage_current()->tracer.clock.set_ns != 0)
        return formatted(
            "The clock of the day was set, and %s() now waits for %s. "
            "CLOCK_REALTIME, gettimeofday() and time() show what people set; "
            "CLOCK_MONOTONIC is set by nobody.",
            call, length);
    if (past->limit_ns > 0 && is_from_the_beginning(past))
        return formatted(
            "%s() has waited from the beginning on, and does so for %s: that "
            "is not what SECONDS says. How are its digits read (.05 is five "
            "hundredths), with what are they multiplied (a second has 1000 "
            "ms), and what is it if it is left out?",
            call, length);
    const char *what =
        asks_the_clock(past, client)
            ? "the deadline was made anew on the way. Connecting, sending and "
              "receiving have one together: it is made once, before the first."
            : "each wait has a limit of its own, but all of them share one.";
    if (past->interrupted > 0)
        what = "signals came (EINTR), and after each it waits as long as at "
               "first, and not for what is left.";
    else if (past->connects > 1 && past->moved == 0)
        what = formatted("each of the %zu addresses was given a time of its "
                         "own, but all of them share one.",
                         past->connects);
    else if (past->moved > 1)
        what = "whatever comes lets the limit begin anew, and so a server that "
               "sends a byte now and then is waited for without end.";
    return formatted(
        "%s() waits for %s more, though the time is over: %s%s", call, length,
        what,
        asks_the_clock(past, client)
            ? ""
            : " Since it began to connect, your program has not asked what "
              "time it is: how should it know how much is left? See that "
              "before each wait, by clock_gettime() with CLOCK_MONOTONIC. "
              "(clock() counts processor time, which stands still in a wait.)");
}

const char *meaning_of_lateness(const struct program *client,
                                const char *seconds)
{
    const struct past past = look_back(client);
    if (client->ended || past.blocked == NULL ||
        (past.blocked->group & WAITS) == 0)
        return NULL;
    return formatted("SECONDS is %s, and that is over. %s", seconds,
                     past.limit_ns < 0 ? for_ever(&past)
                                       : for_too_long(&past, client));
}

static char *said(const struct program *client)
{
    return formatted("On stderr it says \"%.*s\".",
                     (int)strcspn(client->err.bytes, "\n"), client->err.bytes);
}

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
            said(client));
    if (past.interrupted > 0)
        return formatted("A signal has interrupted a wait (EINTR), and that "
                         "was taken for the end of the time, or for a failure: "
                         "wait on, for what is left. %s",
                         said(client));
    if (past.over != NULL)
        return formatted(
            "%s() waited for %s, and that was over; but SECONDS is %s, of "
            "which only %.1f had passed. Is its limit less than what was left: "
            "a fraction lost, or milliseconds that did not fit in an int? That "
            "poll() has waited in vain is the end only if nothing is left "
            "then. (On Linux select() writes what is left into its struct "
            "timeval: make that anew for each call.) %s",
            name(past.over), time_text((int64_t)past.over->waited_ms * 1000000),
            seconds, (double)passed_ms() / 1000, said(client));
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
        said(client));
}
