// What the deadline is: one for all of it, whatever happens meanwhile.

#include "grader/grade.h"

#include "fetching.h"
#include "explain/scene.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

PART(3)

#define HEADER "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"

#define DAYS(n) HOURS((n)*24)

// A server that sends this, and nothing more; and fetch, which waits.
static struct program *fall_silent(const char *sends, const char *seconds,
                                   struct peer **server)
{
    begin_timeline_anew();
    *server = serve();
    struct program *client = fetch(*server, seconds);
    respond(client, *server, sends);
    expect_quiet(client);
    return client;
}

GRADED(gives_up_receiving, 3,
       "gives up in time if the server is silent, or stops amid its response",
       "Which call waits for the response, and with which limit?")
{
    static const char *const sent[] = {"", "HTTP/1.1 2", HEADER,
                                       HEADER "ten bytes\n"};
    struct peer *server;
    struct program *late = NULL, *ended;
    for (size_t i = 0; i < COUNT(sent); i++) {
        late = fall_silent(sent[i], LIMIT, &server);
        expect_patience(late, SECONDS(900), LIMIT);
        expect_end_in_time(late, SECONDS(120), LIMIT, RECEIVING);
    }
    ended = fall_silent(HEADER "ten bytes\n", LIMIT, &server);
    peer_finish_sending(server);
    expect_failure(ended, "The response has ended early.");
    expect_told_apart(late, "a server that is silent", ended,
                      "one that has ended the connection");
}

// It may know a limit for SECONDS, which is over a day, and says so.
static bool is_refused(const char *seconds)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, seconds);
    expect_quiet(client);
    if (client->ended && ended_with(client, 2))
        return true;
    respond(client, server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect_response(client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                    "SECONDS is long, and it came at once. Who can't wait so "
                    "long refuses SECONDS, with status 2.");
    return false;
}

GRADED(takes_what_comes_in_time, 2,
       "waits as long as it may: a response that comes late is not too late",
       "How much is left of SECONDS when the header has come?")
{
    static const char response[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
        "late";
    static const struct {
        const char *seconds;
        uint64_t ms;
    } limits[] = {{LIMIT, SECONDS(950)},
                  {"86400", HOURS(23)},
                  {"2592000", DAYS(29)},  // more milliseconds than an int
                  {"4294970", DAYS(49)}}; // or than 32 bits
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct peer *server;
        if (limits[i].ms > DAYS(1) && is_refused(limits[i].seconds))
            continue;
        struct program *client =
            fall_silent("HTTP/1.1 ", limits[i].seconds, &server);
        expect_patience(client, limits[i].ms, limits[i].seconds);
        peer_send_text(server, response + strlen("HTTP/1.1 "));
        expect_response(client, response, "It came before the time was over.");
        client = fall_silent("", limits[i].seconds, &server);
        expect_end_in_time(client, limits[i].ms + limits[i].ms / 10,
                           limits[i].seconds, RECEIVING);
    }
    // These are 0 in 32 bits, and in 64.
    is_refused("4294967296");
    is_refused("18446744073709551616");
}

// Starts to wait, and lets so much pass. Returns NULL if this machine was so
// slow that more than a little has passed by itself.
static struct program *wait_with(const char *seconds, uint64_t ms)
{
    enum { LITTLE_US = 250000, TRIES = 5 };
    for (int i = 0; i < TRIES; i++) {
        struct peer *server;
        const uint64_t began_us = trace_now_us(stage_current()->trace);
        struct program *client = fall_silent("", seconds, &server);
        time_passes(client, ms);
        if (trace_now_us(stage_current()->trace) - began_us < LITTLE_US)
            return client;
        time_passes(client, 2 * LIMIT_MS); // it is not to be under way then
    }
    return NULL;
}

GRADED(counts_fractions, 2,
       "takes 5 s if SECONDS is left out, and counts a fraction of a second",
       "What does atoi() make of \"0.9\"?")
{
    struct program *client = wait_with(NULL, SECONDS(4));
    if (client != NULL) {
        expect_patience(client, 0, "5");
        expect_end_in_time(client, SECONDS(2), "5", RECEIVING);
    }
    client = wait_with("1000.9", SECONDS(1000) + 500);
    if (client != NULL) {
        expect_patience(client, 0, "1000.9");
        expect_end_in_time(client, SECONDS(1), "1000.9", RECEIVING);
    }
    // Not five tenths.
    client = wait_with("1000.05", SECONDS(1000) + 400);
    if (client != NULL)
        expect_end_in_time(client, 0, "1000.05", RECEIVING);
}

GRADED(has_no_time_at_all, 1,
       "ends at once if SECONDS is 0, or next to nothing",
       "What does a limit of 0 mean to poll(), to alarm(), to SO_RCVTIMEO?")
{
    static const char *const seconds[] = {"0", "0.0", "0.0004", "0.0000001"};
    for (size_t i = 0; i < COUNT(seconds); i++) {
        begin_timeline_anew();
        struct program *client = fetch(serve(), seconds[i]);
        time_passes(client, MINUTES(1));
        const char *means = meaning_of_lateness(client, seconds[i]);
        const struct failure failure = {
            .program = client, .means = means, .is_sure = means != NULL};
        if (!client->ended)
            expect_fail(&failure, "your program's end, at once",
                        "it waits, a minute later");
        if (ended_with(client, 2)) // it may refuse to begin
            continue;
        expect_failure(client, "There was no time, and there is no response.");
        expect_told(client, NULL, "that the time is over");
    }
}

// A byte comes now and then. It keeps on coming behind the deadline.
static void drip(const char *sent, const char *bytes)
{
    enum { EVERY = 90, PATIENT = 10, ALL = 13 };
    struct peer *server;
    struct program *client = fall_silent(sent, LIMIT, &server);
    for (int i = 0; i < ALL && !client->ended; i++) {
        if (i < PATIENT)
            expect_patience(client, SECONDS(EVERY), LIMIT);
        else
            time_passes(client, SECONDS(EVERY));
        if (!client->ended)
            peer_send(server, bytes + i, 1);
    }
    expect_end_in_time(client, 0, LIMIT, RECEIVING);
}

GRADED(is_not_kept_by_drips, 3,
       "gives up in time, though a byte comes now and then",
       "What has passed when the tenth byte comes, and what is left then?")
{
    drip("", "HTTP/1.1 200 OK\r\n");
    drip(HEADER, "a byte now and then");
    drip("HTTP/1.1 200 OK\r\n\r\n", "a byte now and then");
}

GRADED(is_not_kept_by_a_flood, 2,
       "gives up in time, though there is always something to receive",
       "When do you look at the time: when nothing has come, or each time?")
{
    enum { EVERY = 50, TURNS = 60 };
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_WAIT | CALLS_RECEIVE, .every = 1});
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    peer_send_text(server, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < TURNS && comes_to_be_held(client); i++) {
        if (server->connected)
            peer_send(server, "x", 1);
        time_passes(client, SECONDS(server->in.size > 0 ? EVERY : 0));
        program_release(client);
    }
    const struct failure failure = {
        .program = client,
        .peer = server,
        .is_sure = true,
        .means = "Whenever it looks, there is something to receive, and so it "
                 "never finds out that the time is over: that nothing came "
                 "while poll() waited, is not the only time to look at the "
                 "clock. See what is left before each wait, and give up when "
                 "that is nothing, whatever may be ready.",
    };
    if (comes_to_be_held(client))
        expect_fail(&failure, "your program's end after " LIMIT " s",
                    "it goes on after %.0f s", (double)passed_ms() / 1000);
    end_weather();
    program_release(client);
    expect_end_in_time(client, 0, LIMIT, RECEIVING);
}

GRADED(shares_it_among_phases, 3,
       "has one deadline for connecting, sending and receiving together",
       "How often do you ask what time it is, before the first call or before "
       "each?")
{
    hold(CALLS_CONNECT);
    hold(CALLS_SEND);
    struct peer *server = serve();
    struct program *client = fetch(server, LIMIT);
    for (int i = 0; i < 2 && comes_to_be_held(client); i++) {
        expect_patience(client, SECONDS(400), LIMIT);
        program_release(client);
    }
    expect_request(client, server, peer_own_host(), PATH);
    expect_patience(client, SECONDS(100), LIMIT);
    peer_send_text(server, HEADER);
    expect_end_in_time(client, SECONDS(150), LIMIT, RECEIVING);
}

GRADED(is_not_kept_by_signals, 2,
       "gives up in time, and not before, though signals come (EINTR)",
       "A signal has interrupted the wait. How much is left then?")
{
    enum { PATIENT = 9, EVERY = 100 };
    struct peer *server;
    struct program *client = fall_silent("", LIMIT, &server);
    signals_come(client, PATIENT, SECONDS(EVERY));
    expect_patience(client, 0, LIMIT);
    signals_come(client, 2, SECONDS(EVERY));
    expect_end_in_time(client, 0, LIMIT, RECEIVING);
    begin_timeline_anew();
    const char *host = peer_own_host();
    const char *port = hang_at((const char *const[]){host, NULL});
    client = fetch_at(host, port, LIMIT);
    signals_come(client, PATIENT, SECONDS(EVERY));
    expect_patience(client, 0, LIMIT);
    signals_come(client, 2, SECONDS(EVERY));
    expect_end_in_time(client, 0, LIMIT, CONNECTING);
}

GRADED(is_not_moved_by_the_clock, 2,
       "keeps to its deadline, though somebody sets the clock of the day",
       "Which clock does nobody set?")
{
    struct peer *server;
    struct program *client = fall_silent("", LIMIT, &server);
    clock_is_set((int64_t)DAYS(1));
    peer_send_text(server, "HTTP/1.1 ");
    expect_patience(client, SECONDS(1), LIMIT);
    peer_send_text(server, "200 OK\r\n\r\nin time");
    peer_finish_sending(server);
    const char *means = NULL;
    expect_quiet(client);
    means = meaning_of_haste(client, LIMIT);
    expect_response(client, "HTTP/1.1 200 OK\r\n\r\nin time", means);
    clock_is_set(-(int64_t)DAYS(1));
    client = fall_silent("", LIMIT, &server);
    clock_is_set(-(int64_t)DAYS(1));
    peer_send_text(server, "HTTP/1.1 ");
    expect_end_in_time(client, SECONDS(1100), LIMIT, RECEIVING);
}

// It has found nothing ready, and has not waited for that.
static bool has_only_asked(const struct event *event)
{
    enum { MOMENT_US = 500 };
    const struct call *call = &event->call;
    return call->group == CALLS_WAIT && call->finished && call->result == 0 &&
           call->effect != TIMED_OUT &&
           call->ended_us - event->at_us < MOMENT_US;
}

// How often it has done so in a row.
static size_t turns_at_the_end(const struct program *client)
{
    struct trace *trace = stage_current()->trace;
    size_t count = 0, most = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = trace_event(trace, i);
        if (event == NULL || event->kind != EVENT_CALL ||
            event->call.root != client->pid)
            continue;
        count = has_only_asked(event) ? count + 1 : 0;
        most = count > most ? count : most;
    }
    return most;
}

GRADED(rests_until_then, 2,
       "takes no processor time while it waits, not even at the end",
       "0.4 ms are left. With how many milliseconds do you call poll()?")
{
    enum { SOME = 2 };
    static const char *const seconds[] = {"1000.9", "1000.7", "1000.8", "1001"};
    struct peer *server;
    struct program *client = fall_silent("", LIMIT, &server);
    expect_idle(client);
    expect_end_in_time(client, SECONDS(1100), LIMIT, RECEIVING);
    for (size_t i = 0; i < COUNT(seconds); i++) {
        client = fall_silent(HEADER, seconds[i], &server);
        expect_end_in_time(client, SECONDS(1100), seconds[i], RECEIVING);
        const struct failure failure = {
            .program = client,
            .is_sure = true,
            .means = "Less than a millisecond was left, and rounded down that "
                     "is 0, with which poll() does not wait: it was called "
                     "again and again until the time was over. Round up.",
        };
        if (turns_at_the_end(client) > SOME)
            expect_fail(&failure, "one last wait for what is left",
                        "%zu that did not wait", turns_at_the_end(client));
    }
}
