// What the deadline is: how long it is, and what is said when it is over.

#include "grader/grade.h"

#include "fetching.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

PART(3)

// It has ended its own receiving.
static bool shuts_down(const struct program *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->root == client->pid && call->info->number == SYS_shutdown &&
            (int)call->args[1] != SHUT_WR)
            return true;
    return false;
}

GRADED(gives_up_receiving, 3,
       "gives up in time if the server is silent, or stops amid its response",
       "Which call waits for the response, and with which limit?")
{
    static const char *const sent[] = {"", "HTTP/1.1 2", HEADER,
                                       HEADER "ten bytes\n"};
    struct peer *server;
    struct program *late = NULL, *ended;
    ended = fall_silent(HEADER "ten bytes\n", LIMIT, &server);
    peer_finish_sending(server);
    expect_failure(ended, "The response has ended early.");
    for (size_t i = 0; i < COUNT(sent); i++) {
        late = fall_silent(sent[i], LIMIT, &server);
        expect_patience(late, SECONDS(900), LIMIT);
        expect_end_in_time(late, SECONDS(120), LIMIT, RECEIVING);
    }
    if (shuts_down(late) && strcmp(ended->err.bytes, late->err.bytes) == 0)
        expect_fail_stderr(
            late, "a line that says that the time was over",
            "The time was over, and your own shutdown() had recv() return 0: "
            "that looks like the server's end, and was told as that. Who ends "
            "a wait so remembers that it was the time, and asks that first.");
    expect_told_apart(ended, "one that has ended the connection", late,
                      "a server that is silent");
}

// It may know a limit for SECONDS, which is over a day, and says so.
static bool is_refused(const char *seconds)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = fetch(server, seconds);
    time_passes(client, HOURS(1));
    if (client->ended && ended_with(client, 2))
        return true;
    respond(client, server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect_response(
        client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "SECONDS is long, and it came within an hour. Who can't wait so "
        "long refuses SECONDS, with status 2.");
    return false;
}

GRADED(takes_what_comes_in_time, 2,
       "waits as long as it may: a response that comes late is not too late",
       "What is left of SECONDS at each wait, and has it room in the type that "
       "the call takes?")
{
    static const char response[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
        "late";
    static const struct {
        const char *seconds;
        uint64_t ms;
    } limits[] = {{"01000", SECONDS(950)},
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
    // These are 0 in 32 bits, and in 64; and of the others the nanoseconds
    // have no room there.
    static const char *const large[] = {"4294967296", "18446744073709551616",
                                        "9999999999", "99999999999"};
    for (size_t i = 0; i < COUNT(large); i++)
        is_refused(large[i]);
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

GRADED(
    counts_fractions, 2,
    "takes 5 s if SECONDS is left out, and counts a fraction of a second",
    "What becomes of the digits behind the point, where SECONDS is read, and "
    "where the clock is?")
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
    // What is less than a nanosecond counts for nothing.
    client = wait_with("1000.90000000000000000000", SECONDS(1000) + 500);
    if (client != NULL)
        expect_end_in_time(client, SECONDS(1), "1000.90000000000000000000",
                           RECEIVING);
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
