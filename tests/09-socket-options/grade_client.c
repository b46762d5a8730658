// What rpc_client promises.

#include "grader/grade.h"

#include "calling.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <string.h>

PART(4)

// The programs' time, in milliseconds.
static double programs_ms(void)
{
    return (double)clock_now_ns(&stage_current()->tracer.clock) / 1e6;
}

GRADED(makes_its_rounds, 3,
       "sends a request of 32 bytes, waits for its response, and so on",
       "What has to have come before the next request leaves?")
{
    enum { ROUNDS = 7 };
    struct peer *server = await_rounds();
    struct program *client = make_rounds(server, "7");
    for (unsigned i = 1; i <= ROUNDS; i++) {
        expect_request(client, server, i);
        peer_send(server, server->in.at + (i - 1) * WHOLE_SIZE, WHOLE_SIZE);
    }
    expect_rounds(client, "7");
    // And it leaves it at that.
    expect_received(client, server, server->out.at, ROUNDS * WHOLE_SIZE);
    begin_timeline_anew();
    server = await_rounds();
    peer_echo(server);
    expect_rounds(make_rounds(server, "1"), "1");
}

static void answer_once(struct peer *server)
{
    peer_send(server, server->in.at + server->out.size, WHOLE_SIZE);
}

GRADED(
    asks_without_a_stall, 3,
    "no part of a request waits for another to be confirmed",
    "Which of a request's two sends has to wait, for what, and on which side "
    "of the connection does the option say that it need not?")
{
    enum { ROUNDS = 8 };
    struct peer *server = await_rounds();
    struct program *client = make_rounds(server, "20");
    expect_request(client, server, 1);
    answer_once(server);
    expect_request(client, server, 2);
    expect_no_stall(client, server, ROUNDS, WHOLE_SIZE, answer_once);
}

// Why that is not how many milliseconds passed.
static const char *cause_of_wrong_ms(double ms, double least, double most)
{
    if (ms >= least / 1e3 && ms <= most / 1e3)
        return "It is so many seconds: MS is in milliseconds, of which a "
               "second has a thousand.";
    if (ms >= least * 1e3 && ms <= most * 1e3)
        return "It is so many microseconds: MS is in milliseconds.";
    if (ms >= least * 1e6 && ms <= most * 1e6)
        return "It is so many nanoseconds: MS is in milliseconds.";
    if (ms < least && ms >= 0)
        return "More time has passed, while it waited for a response. clock() "
               "counts processor time, of which waiting takes none; tv_nsec is "
               "what there is beside the seconds of tv_sec; and all rounds "
               "count, from before the first to behind the last.";
    return "Somebody has set the clock meanwhile. CLOCK_REALTIME, "
           "gettimeofday() and time() show what people set; CLOCK_MONOTONIC is "
           "set by nobody.";
}

// MS is at least this, and no more than has passed since then.
static void expect_measured(double ms, struct program *client, double least,
                            double began)
{
    const double most = programs_ms() - began;
    const struct failure failure = {
        .program = client,
        .is_sure = true,
        .means = formatted("%s Read: man 2 clock_gettime.",
                           cause_of_wrong_ms(ms, least, most)),
    };
    if (ms < least || ms > most)
        expect_fail(&failure, formatted("%.0f ms, or up to %.0f", least, most),
                    "%.1f ms", ms);
}

GRADED(measures_its_rounds, 2, "prints how many milliseconds its rounds took",
       "Which clock shows how much time has passed, whatever the time of day?")
{
    enum { MS = 5000 };
    struct peer *server = await_rounds();
    double began = programs_ms();
    struct program *client = make_rounds(server, "2");
    expect_request(client, server, 1);
    time_passes(client, MS);
    peer_echo(server);
    expect_measured(expect_rounds(client, "2"), client, MS - 1, began);
    for (int sign = -1; sign <= 1; sign += 2) {
        begin_timeline_anew();
        server = await_rounds();
        began = programs_ms();
        client = make_rounds(server, "2");
        expect_request(client, server, 1);
        time_passes(client, MS);
        clock_is_set(sign * (int64_t)HOURS(2));
        peer_echo(server);
        expect_measured(expect_rounds(client, "2"), client, MS - 1, began);
    }
}

GRADED(takes_responses_in_pieces, 1,
       "puts a response together that comes in pieces",
       "How many bytes has one recv() brought, and how many does the response "
       "have?")
{
    struct peer *server = await_rounds();
    peer_send_in_pieces(server, 1, false);
    peer_echo(server);
    expect_rounds(make_rounds(server, "3"), "3");
}

// The server changes the byte at AT of the second response, or sends this in
// its place, and then perhaps finishes.
static void respond_wrongly(const void *bytes, size_t size, bool finishes,
                            const char *why)
{
    begin_timeline_anew();
    struct peer *server = await_rounds();
    struct program *client = make_rounds(server, "3");
    expect_request(client, server, 1);
    peer_send(server, server->in.at, WHOLE_SIZE);
    expect_request(client, server, 2);
    peer_send(server, bytes, size);
    if (finishes)
        peer_finish_sending(server);
    expect_given_up(client, why);
}

static void change_byte(size_t at)
{
    begin_timeline_anew();
    struct peer *server = await_rounds();
    peer_echo_wrongly(server, WHOLE_SIZE + at);
    expect_given_up(make_rounds(server, "3"),
                    formatted("The response to the second request has a byte "
                              "that is not the request's, byte %zu of its 32. "
                              "That it has come is not enough.",
                              at - HEADER_SIZE));
}

GRADED(believes_no_other_response, 2,
       "ends with status 1 if a response is not what it has sent",
       "Is a response right because it has come? How long is it, and what does "
       "it say?")
{
    static const char zeros[WHOLE_SIZE] = {0};
    change_byte(HEADER_SIZE);
    change_byte(HEADER_SIZE + REQUEST_SIZE / 2);
    change_byte(WHOLE_SIZE - 1);
    respond_wrongly(zeros, HEADER_SIZE, false,
                    "The response is empty, and the request was not.");
    respond_wrongly("\0\0\0\x1f"
                    "0123456789abcdef0123456789abcde",
                    35, false,
                    "The response has 31 bytes, and the request had 32.");
    respond_wrongly("\xff\xff\xff\xff", HEADER_SIZE, true,
                    "A response of more than 65536 bytes is none: nobody has "
                    "asked for it, and there is no room.");
}

GRADED(tells_when_none_comes, 2,
       "ends with status 1 if the connection ends in place of a response",
       "recv() returned 0. Is the response there?")
{
    static const char part[] = "\0\0\0\x20half of it";
    static const char end[] =
        "The connection has ended before the response was there, and that is a "
        "failure: recv() = 0 is no response.";
    respond_wrongly("", 0, true, end);
    respond_wrongly(part, 2, true, end);
    respond_wrongly(part, HEADER_SIZE, true, end);
    respond_wrongly(part, sizeof part - 1, true, end);
    begin_timeline_anew();
    struct peer *server = await_rounds();
    struct program *client = make_rounds(server, "3");
    expect_request(client, server, 1);
    peer_reset(server);
    expect_error(client, 1, ECONNRESET);
    begin_timeline_anew();
    client = start_client_of_nobody(
        CLIENT, (struct program_options){.arguments = {[2] = "3"}});
    expect_error(client, 1, ECONNREFUSED);
}

GRADED(makes_its_rounds_in_bad_weather, 2,
       "makes its rounds in bad weather: signals and short counts, mixed",
       "Every call that moves bytes may do less than you asked, or be "
       "interrupted. Is each of yours in a loop?")
{
    for (int turn = 0; turn < 3; turn++) {
        begin_timeline_anew();
        end_weather();
        if (turn == 0)
            fail_every_second(MOVING_CALLS | CALLS_CONNECT, EINTR);
        else if (turn == 1)
            fail_some(MOVING_CALLS, EINTR, 30);
        if (turn > 0)
            cut_most(turn == 1 ? 10 : 3);
        struct peer *server = await_rounds();
        peer_echo(server);
        expect_rounds(make_rounds(server, "20"), "20");
    }
}

GRADED(client_waits_for_days, 1,
       "waits for each response as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct peer *server = await_rounds();
    struct program *client = make_rounds(server, "2");
    expect_request(client, server, 1);
    time_passes(client, HOURS(48));
    peer_echo(server);
    expect_rounds(client, "2");
}

GRADED(client_asks_for_its_arguments, 1,
       "shows its usage, with status 2, when an argument can't be right",
       "What does strtol() make of \"5x\", and of \"\"?")
{
    static const char *const bad[] = {
        "", "0", "-1", "5x", "x", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(bad); i++)
        expect_usage_error_because(
            start_program(CLIENT,
                          &(struct program_options){
                              .arguments = {"127.0.0.1", "7", bad[i]}}),
            formatted("ROUNDS is a number, from 1 on, and \"%s\" is none: "
                      "digits and nothing else.",
                      bad[i]));
    static const char missing[] = "HOST, PORT and ROUNDS are needed, and "
                                  "nothing else: look at argc first.";
    expect_usage_error_because(start_with_arguments(CLIENT, NULL, NULL),
                               missing);
    expect_usage_error_because(start_with_arguments(CLIENT, "127.0.0.1", "7"),
                               missing);
    expect_usage_error_because(
        start_program(CLIENT,
                      &(struct program_options){
                          .arguments = {"127.0.0.1", "7", "1", "2"}}),
        missing);
}

GRADED(client_reports_a_full_stdout, 1,
       "ends with status 1 if its line can't be written",
       "Which call tells that a line has not been written?")
{
    struct peer *server = await_rounds();
    peer_echo(server);
    expect_complaint(
        start_client(CLIENT, server,
                     (struct program_options){.arguments = {[2] = "2"},
                                              .standard_output = STDOUT_FULL}),
        1);
}
