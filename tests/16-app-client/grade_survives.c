// What app_client survives, and what it makes of its arguments; and its turns.

#include "grader/grade.h"

#include "app.h"
#include "words/app_protocol.h"
#include "words/content.h"
#include "words/messages.h"
#include "words/usage_checks.h"
#include "words/weathers.h"

#include <errno.h>
#include <sys/syscall.h>

PART(3)

// Whoever takes a byte with each call is no less right, but takes minutes for
// 8 MiB.
static bool takes_few_at_a_time(void)
{
    enum { MANY_CALLS = 50 }; // for the 148 bytes of that response
    size_t before = calls_made(CALLS_RECEIVE);
    search_morpheus();
    return calls_made(CALLS_RECEIVE) > before + MANY_CALLS;
}

GRADED(exchanges_much, 2,
       "sends a VALUE of 100,000 letters, and prints a result of 8 MiB",
       "Where does your program say how long something may be?")
{
    enum { ASKED = 100000, FOUND = 8 * 1024 * 1024, LESS = 64 * 1024 };
    size_t found = takes_few_at_a_time() ? LESS : FOUND;
    begin_timeline_anew();
    const char *value = alphabet_text(ASKED);
    search(value,
           formatted("{\"action\": \"search\", \"value\": \"%s\"}", value),
           alphabet_text(found));
}

GRADED(survives_short_counts, 2,
       "sends and receives all, however few bytes each call moves",
       "send() may take a part of what you offer. Who keeps the rest, and "
       "when is it offered again?")
{
    cut_each(MOVING_CALLS, 20);
    search_morpheus();
    exchange_bytes("binary", "\U0001F603");
    end_weather();
    cut_each(CALLS_SEND, 1);
    search_morpheus();
    end_weather();
    // What a part has been taken of, and then nothing for now.
    fail_every_second(CALLS_SEND, EAGAIN);
    cut_each(CALLS_SEND, 20);
    search_morpheus();
}

GRADED(survives_bad_weather, 2,
       "goes on after a signal, a false alarm, or a short count",
       "Every call may do less than you asked, be interrupted, or find "
       "nothing. Which of yours is not ready for that?")
{
    // The first that applies wins. Few calls are made: each kind meets EAGAIN
    // at least once, and not only by chance.
    for (unsigned kind = CALLS_RECEIVE; kind <= CALLS_SEND; kind <<= 1)
        make_weather((struct weather){
            .kind = WEATHER_FAIL, .calls = kind, .error = EAGAIN, .first = 2});
    fail_some(MOVING_CALLS, EAGAIN, 30);
    fail_every_second(CALLS_CONNECT | CALLS_WAIT | MOVING_CALLS, EINTR);
    cut_most(50);
    for (int i = 0; i < 3; i++)
        search_morpheus();
}

GRADED(takes_an_answer_after_a_failed_send, 1,
       "prints a response that has come, though its request can't be sent",
       "A server may answer before it has heard all, and go. What does a "
       "failed send() say of what was received before?")
{
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_SEND, .first = 2});
    cut_each(CALLS_SEND, 20);
    struct peer *server = serve();
    struct program *client = start(server, "search", "morpheus");
    expect_connection(client, server);
    expect_some(client, server, 1);
    expect_held(client);
    message_send_result(server, RABBIT);
    expect_quiet(client);
    peer_reset(server);
    expect_quiet(client);
    program_release(client);
    expect_exit_status(client, 0);
    expect_line(client, RESULT RABBIT);
}

// What it has sent may still be under way when it is held.
static bool has_come(struct program *client, const struct peer *server)
{
    expect_quiet(client);
    return server->in.size > 0;
}

// Each time it waits, or is about to receive, it is held, until all of the
// request is there: so the response and the reset come within one wait.
GRADED(takes_an_answer_before_a_reset, 1,
       "prints a response that has come, though a reset came behind it",
       "A reset is told once, to whoever asks first. Who asks, and what has "
       "come before it?")
{
    make_weather((struct weather){
        .kind = WEATHER_HOLD, .calls = CALLS_WAIT | CALLS_RECEIVE, .every = 1});
    struct peer *server = serve();
    struct program *client = start(server, "search", "morpheus");
    expect_connection(client, server);
    while (comes_to_be_held(client) && !has_come(client, server))
        program_release(client);
    message_send_result(server, RABBIT);
    expect_quiet(client);
    peer_reset(server);
    expect_quiet(client);
    end_weather();
    program_release(client);
    expect_end(client);
    // Who goes on receiving, and is told, may say so.
    if (ended_with(client, 1) && has_seen(ECONNRESET))
        return;
    expect_exit_status(client, 0);
    expect_line(client, RESULT RABBIT);
}

// One that gets CONTENT, as JSON.
static struct program *start_for_leaks(const char *content)
{
    begin_timeline_anew();
    struct peer *server = serve();
    struct program *client = start_client(
        PROGRAM, server,
        (struct program_options){.arguments = {[2] = "search", "morpheus"},
                                 .finds_leaks = true});
    message_send_json(server, "utf-8", content);
    return client;
}

GRADED(gives_its_memory_back, 1,
       "has given back all the memory it took, at its end",
       "For each malloc() there is a free(), on every way out. A sanitizer, "
       "which is built into your program, looks for what is lost.")
{
    without_tracer();
    expect_no_leak(start_for_leaks(RIGHT));
    // And when it has no result to show.
    expect_failure_without_leak(start_for_leaks("{\"other\": [1, \"x\"]}"));
}

// One whose output goes there, and whose answer has come already.
static struct program *start_writing_to(enum program_stdout standard_output,
                                        struct peer **server)
{
    *server = serve();
    message_send_result(*server, RABBIT);
    return start_client(
        PROGRAM, *server,
        (struct program_options){.arguments = {[2] = "search", "morpheus"},
                                 .standard_output = standard_output});
}

GRADED(reports_a_full_stdout, 1,
       "ends with status 1 and the reason when its answer can't be written",
       "When does a line leave printf()'s buffer, and who looks whether it "
       "did?")
{
    struct peer *server;
    expect_reason(start_writing_to(STDOUT_FULL, &server), 1, ENOSPC);
}

GRADED(reports_a_closed_stdout, 1,
       "ends with status 1 when stdout is closed, and sends nothing odd",
       "socket() returns the lowest descriptor that is free. Which one is that "
       "if stdout is closed, and where does printf() write then?")
{
    struct peer *server;
    struct program *client = start_writing_to(STDOUT_CLOSED, &server);
    expect_complaint(client, 1);
    if (server->in.size > 0) {
        expect_message(client, server);
        expect_no_more(client, server);
    }
}

GRADED(reports_no_socket, 1,
       "ends with status 1 and the reason when it can't have a socket",
       "socket() may fail, too. What is -1 to the calls behind it?")
{
    fail_only(SYS_socket, EMFILE);
    expect_error(start(serve(), "search", "morpheus"), 1, EMFILE);
}

GRADED(refuses_bad_arguments, 1,
       "refuses arguments that can't be right, with status 2 and its usage",
       "How many arguments must there be, and what can each of them be?")
{
    static const char *const bad[][PROGRAM_ARGUMENTS] = {
        {NULL},
        {"127.0.0.1"},
        {"127.0.0.1", "1"},
        {"127.0.0.1", "1", "search"},
        {"127.0.0.1", "1", "search", "x", "more"},
        {"127.0.0.1", "http", "search", "x"},
        {"127.0.0.1", "65536", "search", "x"},
        {"127.0.0.1", "", "search", "x"},
        {"127.0.0.1", "+80", "search", "x"},
        {"127.0.0.1", " 80", "search", "x"},
        {"127.0.0.1", "0x50", "search", "x"},
        {"300.0.0.1", "1", "search", "x"},
    };
    refuses_arguments(PROGRAM, bad, COUNT(bad));
}

GRADED(sends_no_broken_text, 1,
       "sends no VALUE that is not UTF-8: it says so, or makes text of it",
       "An argument can be any bytes. What does the library return for those "
       "that are no text?")
{
    struct peer *server = serve();
    message_send_result(server, "x"); // whatever it asks
    struct program *client = start(server, "search", "\xff\xfe");
    expect_end(client);
    if (ended_with(client, 0)) {
        expect_message(client, server);
        return;
    }
    if (!ended_with(client, 2))
        expect_complaint(client, 1);
    expect_only_from(client, server, "", 0);
}

TURNS(a_response_in_pieces, "One exchange, and the turns of your loop")
{
    struct peer *server;
    struct program *client = start_asking(&server);
    peer_send_in_pieces(server, 60, false);
    message_send_result(server, RABBIT);
    expect_success(client, server);
}
