// That the deadline is one for all of it, whatever happens meanwhile.

#include "grader/grade.h"

#include "fetching.h"
#include "explain/scene.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/naming.h"
#include "words/weathers.h"

#include <stdlib.h>
#include <string.h>

PART(4)

enum { DROP_SECONDS = 90, DROPS_IN_TIME = 10, DROPS = 13 };

// Another of these steps, of which the last are behind the deadline. Returns
// false if it has ended.
static bool wait_for_a_drop(struct program *client, int step)
{
    if (client->ended)
        return false;
    if (step < DROPS_IN_TIME)
        expect_patience(client, SECONDS(DROP_SECONDS), LIMIT);
    else
        time_passes(client, SECONDS(DROP_SECONDS));
    return !client->ended;
}

// A few bytes come now and then. They keep on coming behind the deadline.
static void drip(const char *sent, const char *bytes, size_t size)
{
    struct peer *server;
    struct program *client = fall_silent(sent, LIMIT, &server);
    for (int i = 0; wait_for_a_drop(client, i) && i < DROPS; i++)
        peer_send(server, size == 1 ? bytes + i : bytes, size);
    expect_end_in_time(client, 0, LIMIT, RECEIVING);
}

// A part of the request is taken now and then.
static void sip(void)
{
    enum { LONG = 120000, SIP = 4096 };
    begin_timeline_anew();
    char *path = alphabet_text(LONG);
    path[0] = '/';
    struct peer *server;
    struct program *client = begin_to_send(path, &server);
    for (int i = 0; wait_for_a_drop(client, i) && i < DROPS; i++)
        peer_read_once(server, SIP);
    expect_end_in_time(client, 0, LIMIT, SENDING);
    free(path);
}

GRADED(is_not_kept_by_drips, 3,
       "gives up in time, though a byte comes, or is taken, now and then",
       "What has passed when the tenth byte comes, and what is left then?")
{
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    drip("", "HTTP/1.1 200 OK\r\n", 1);
    drip(HEADER, "a byte now and then", 1);
    drip("HTTP/1.1 200 OK\r\n\r\n", "a byte now and then", 1);
    drip("", interim, strlen(interim));
    sip();
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

// An address that fails late has used up of it what it has used.
static void fails_late(void)
{
    begin_timeline_anew();
    hold(CALLS_CONNECT);
    name_dead(1, peer_own_host());
    struct peer *server = serve();
    struct program *client = fetch_by_name(server);
    if (comes_to_be_held(client)) {
        expect_patience(client, SECONDS(400), LIMIT);
        program_release(client);
    }
    while (comes_to_be_held(client))
        program_release(client);
    expect_request(client, server, "made.up", PATH);
    expect_patience(client, SECONDS(500), LIMIT);
    expect_end_in_time(client, SECONDS(150), LIMIT, RECEIVING);
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
    end_weather();
    fails_late();
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
