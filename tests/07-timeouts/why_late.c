// What it means that a program still waits though its time is over: from the
// call that it waits in, with which limit; from those before; and whether it
// has asked the clock.

#include "fetching.h"
#include "why.h"

#include "kernel/timerfd.h"
#include "stage/stage.h"
#include "trace/format.h"
#include "words/content.h"

// "recv() at fetch.c:12": where it stands is in the timeline, too.
static const char *name(const struct call *call)
{
    return format_name(call);
}

// True if it has looked at a clock that goes on while it waits, since it began
// to connect and behind the wait before this one.
static bool asks_the_clock(const struct past *past,
                           const struct program *client)
{
    const struct clock *clock = &stage_current()->tracer.clock;
    const size_t since =
        past->waited_at > past->begun_at ? past->waited_at : past->begun_at;
    return clock->read_by == client->pid && clock->read_at >= since;
}

static const char *in_connect(const struct past *past)
{
    const char *why = "";
    if (past->sets_alarm && past->cut_connect && past->connects > 1)
        return "An alarm has ended an attempt to connect before this one "
               "(EINTR): the time was over then, for all addresses of the "
               "name, and there is no other alarm that would end this one. "
               "Remember that it has rung, and try no more.";
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

// It waits without a limit, for something else to tell it the time.
static const char *for_an_alarm(const struct past *past,
                                const struct program *client)
{
    const struct tracer *tracer = &stage_current()->tracer;
    const struct ahead ahead = {tracer->clock.ahead_ns, tracer->clock.set_ns};
    const char *call = name(past->blocked);
    if (past->sets_alarm && clock_never_rings(&tracer->clock))
        return formatted(
            "%s() waits for an alarm that does not come: alarm(0), a "
            "setitimer() or a timer_settime() with 0 switches it off, and what "
            "is less than its unit, or was rounded down, is 0.",
            call);
    if (tracer->uses_timerfd && timerfd_left_ns(client->pid, ahead) == -1)
        return formatted(
            "%s() waits for a timer that is off: timerfd_settime() with an "
            "it_value of 0 switches it off, and what is less than its unit, or "
            "was rounded down, is 0; and one that has expired is off, too, "
            "but for its it_interval. Read: man 2 timerfd_settime.",
            call);
    return NULL;
}

// It waits without a limit.
static const char *for_ever(const struct past *past,
                            const struct program *client)
{
    const struct call *call = past->blocked;
    const char *alarm = for_an_alarm(past, client);
    if (call->group == CALLS_CONNECT)
        return in_connect(past);
    if (alarm != NULL)
        return alarm;
    if (call->group == CALLS_WAIT)
        return formatted(
            "%s() waits without a limit: for poll() a negative number of "
            "milliseconds means for ever, whichever it is, and for select() "
            "NULL. What is left may be negative, when the time is over; and "
            "what does not fit in an int may become so.",
            name(call));
    if (past->sets_alarm)
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

// It waits with a limit that is too long: a little too long, or more.
enum { LITTLE_NS = 1000000000 };

static const char *for_a_wrong_length(const struct past *past,
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
    const int64_t left_ns = past->limit_ns - past->waited_ns;
    if (left_ns < LITTLE_NS && asks_the_clock(past, client))
        return formatted(
            "%s() waits for %s more, though the time is over. That is less than "
            "a second: is a part of one lost or added, where SECONDS is read "
            "(.05 is five hundredths), or where the clock is (tv_nsec counts, "
            "too)?",
            call, time_text(left_ns));
    if (past->limit_ns > 0 && is_from_the_beginning(past))
        return formatted(
            "%s() has waited from the beginning on, and does so for %s: that "
            "is not what SECONDS says. How are its digits read (.05 is five "
            "hundredths), with what are they multiplied, what becomes of "
            "that in the unit that %s() takes (a second has 1000 ms, and "
            "each of them a million ns), and what is it if it is left out?",
            call, length, call);
    return NULL;
}

static const char *for_too_long(const struct past *past,
                                const struct program *client)
{
    const char *length = time_text(past->limit_ns);
    const char *call = name(past->blocked), *wrong;
    if ((wrong = for_a_wrong_length(past, client)) != NULL)
        return wrong;
    const char *what =
        asks_the_clock(past, client)
            ? "the deadline was made anew on the way. Connecting, sending and "
              "receiving have one together: it is made once, before the first."
            : "each wait has a limit of its own, but all of them share one.";
    if ((past->blocked->group & CALLS_WAIT) == 0 && past->limited_at > 0 &&
        past->limited_at < past->waited_at)
        what = "SO_RCVTIMEO and SO_SNDTIMEO are limits for each call, and this "
               "one has the limit that was set for those before it. Set it "
               "anew before each, to what is left then.";
    else if (past->interrupted > 0)
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
            : " Before this wait, your program has not asked what time it is: "
              "how should it know how much is left? See that before each, by "
              "clock_gettime() with CLOCK_MONOTONIC. (clock() counts processor "
              "time, which stands still in a wait, and what select() leaves "
              "in its timeval is only the time in select() itself.)");
}

const char *meaning_of_lateness(const struct program *client,
                                const char *seconds)
{
    const struct past past = look_back(client);
    if (client->ended || past.blocked == NULL ||
        (past.blocked->group & WAITS) == 0)
        return NULL;
    return formatted("SECONDS is %s, and that is over. %s", seconds,
                     past.limit_ns < 0 ? for_ever(&past, client)
                                       : for_too_long(&past, client));
}
