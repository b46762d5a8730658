// Grading tests for lesson 12: what multiconn_client promises, check by check.
// How it learns of readiness is its own affair, and how many connections it
// has in flight, if only it is more than one.

#include "grader/grade.h"

#include "multiconn.h"
#include "stage/wait.h"
#include "words/weathers.h"

#include <arpa/inet.h>
#include <errno.h>

LESSON("12-select-client", "Many connections from one loop", PROTOCOL_ECHO)

GRADED(reports_a_refusal, 1,
       "ends with status 1 and the reason when nobody listens",
       "A socket whose attempt has failed is writable too. How do you find "
       "out which it was?")
{
    const struct program_options three = {.arguments = {[2] = "3"}};
    expect_reason(start_client_of_nobody(PROGRAM, three), 1, ECONNREFUSED);
    // Or connect() itself says at once that there is no way.
    begin_timeline_anew();
    fail_always(CALLS_CONNECT, ENETUNREACH);
    expect_reason(start_client_of_nobody(PROGRAM, three), 1, ENETUNREACH);
}

GRADED(exchanges_both_messages, 2,
       "sends both messages on its connection, and ends well",
       "connect() has returned -1 with EINPROGRESS. When is the socket ready "
       "to send, and how does select() say so?")
{
    exchange(1);
}

GRADED(opens_as_many_as_told, 2,
       "opens five connections for 5, each with both messages",
       "What does each connection have to remember for itself?")
{
    exchange(5);
    // Its descriptors' numbers are nobody's promise.
    begin_timeline_anew();
    exchange_with(5, (struct program_options){.inherited = 10});
}

GRADED(connects_all_at_once, 2,
       "does not wait for one connection's echo before it opens the next",
       "Which of your calls waits until one connection is through?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_connection(client, first);
    expect_connection(client, second);
    peer_echo(second);
    peer_echo(first);
    expect_served(client, first);
    expect_served(client, second);
    expect_exit_status(client, 0);
}

// The server ends the connection right behind its echo: who waits learns of
// both at once.
static void receive_with_the_end(void)
{
    enum { TURNS = 200 }; // more than it takes by single bytes
    hold_each_wait();
    struct peer *server = serve();
    struct peer *connection = peer_await(server);
    peer_echo_only(connection, SENT, FAREWELL_FINISH);
    peer_stop_reading(connection);
    struct program *client = start(server, 1);
    for (int i = 0; i < TURNS && comes_to_be_held(client); i++) {
        peer_resume_reading(connection);
        stage_settle(); // what it waits for is there
        peer_stop_reading(connection);
        program_release(client);
    }
    end_weather();
    program_release(client);
    peer_resume_reading(connection);
    expect_served(client, connection);
    expect_exit_status(client, 0);
}

GRADED(receives_in_any_pieces, 2,
       "puts the echo together, in whatever pieces it comes",
       "One message may come in two pieces, or two in one. What do you count, "
       "and for which connection?")
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    peer_send_in_pieces(first, 1, false);
    peer_send_in_pieces(second, 7, true);
    struct program *client = start(server, 2);
    expect_served(client, first);
    expect_served(client, second);
    expect_exit_status(client, 0);
    begin_timeline_anew();
    receive_with_the_end();
}

GRADED(closes_each_when_it_is_done, 1,
       "closes a connection when its echo is complete, while another waits",
       "Who closes, and when? Need anybody wait for anybody?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct peer *third = echoing(server);
    struct program *client = start(server, 3);
    expect_some(client, first, 1);
    expect_some(client, second, 1);
    struct level before = level_of(client);
    peer_echo(second);
    expect_served(client, second);
    expect_served(client, third);
    expect_idle(client);
    expect_fewer_open(client, &before, 1);
    expect_no_wait_for_one(client);
    peer_echo(first);
    expect_served(client, first);
    expect_exit_status(client, 0);
}

GRADED(waits_for_days, 1, "waits for its echoes as long as that takes",
       "Has anybody asked for a limit of time? And what does select() do, on "
       "Linux, to the limit that you gave it?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_some(client, first, 1);
    expect_some(client, second, 1);
    time_passes(client, HOURS(24));
    peer_echo(first);
    expect_served(client, first);
    time_passes(client, HOURS(24));
    peer_echo(second);
    expect_served(client, second);
    expect_exit_status(client, 0);
    // And for the connections themselves.
    begin_timeline_anew();
    take_long(HOURS(24));
    exchange(2);
}

GRADED(is_idle_while_it_waits, 2,
       "takes no processor time while the server is silent",
       "When is a socket writable, and when do you want to know?")
{
    struct peer *server = serve();
    struct peer *first = peer_await(server), *second = peer_await(server);
    struct program *client = start(server, 2);
    expect_some(client, first, 1);
    expect_some(client, second, 1);
    expect_idle(client);
    peer_echo(first);
    expect_served(client, first);
    expect_idle(client);
    peer_echo(second);
    expect_exit_status(client, 0);
}

// The third of four connections, BAD, goes wrong: that is reported, with its
// number, and the others end well, the last one after it. WHY says what the
// program should notice. BAD is NULL if it does not even come to exist.
static struct program *expect_report(struct peer *server, struct peer *first,
                                     struct peer *second, struct peer *bad,
                                     const char *why)
{
    struct peer *last = peer_await(server);
    struct program *client = start(server, 4);
    expect_served(client, first);
    expect_served(client, second);
    if (bad != NULL)
        expect_connection_gone(client, bad);
    expect_some(client, last, 1);
    expect_quiet(client);
    expect_failed_closed(client);
    peer_echo(last);
    expect_served(client, last);
    expect_taken(client, last, SENT);
    expect_failure(client, why);
    expect_connection_named(client, 3, 4);
    return client;
}

GRADED(reports_one_refusal, 2,
       "reports that its third connection is refused; the others finish",
       "Each attempt ends by itself. Which call tells how, and which "
       "connections does that concern?")
{
    make_weather((struct weather){.kind = WEATHER_REFUSE,
                                  .calls = CALLS_CONNECT,
                                  .port = htons(peer_free_port()),
                                  .first = 3});
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    expect_report(server, first, second, NULL,
                  "Connection 3 was refused: once its socket is writable, "
                  "SO_ERROR tells that. Read: man 2 connect, EINPROGRESS.");
    // Or there is no way to it, which connect() itself says at once.
    begin_timeline_anew();
    end_weather();
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = CALLS_CONNECT,
                                  .error = ENETUNREACH,
                                  .first = 3});
    server = serve();
    first = echoing(server), second = echoing(server);
    expect_report(server, first, second, NULL,
                  "The third connect() failed at once: only EINPROGRESS says "
                  "that the attempt goes on. Read: man 2 connect, ERRORS.");
}

// The third connection gets its bytes back in pieces of that size, and the one
// at AT is another.
static void report_wrong_byte(size_t at, size_t piece)
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_send_in_pieces(bad, piece, false);
    peer_echo_wrongly(bad, at);
    expect_report(server, first, second, bad,
                  "On connection 3, one of the bytes that came back was not "
                  "the one that was sent: compare them all (man 3 memcmp).");
    begin_timeline_anew();
}

#define COMPARE_ALL                                                        \
    "On connection 2, other bytes came back than were sent: compare them " \
    "all, each with its own (man 3 memcmp)."

// The second of three connections gets these bytes, and the rest after the
// first has got its own echo: who compares at the end only has them no more.
static void report_wrong_bytes(const char *bytes, size_t first, const char *why)
{
    struct peer *server = serve();
    struct peer *good = peer_await(server), *bad = peer_await(server);
    struct peer *last = peer_await(server);
    struct program *client = start(server, 3);
    expect_some(client, good, 1);
    expect_some(client, bad, 1);
    peer_send(bad, bytes, first);
    expect_quiet(client);
    peer_echo(good);
    expect_served(client, good);
    peer_send(bad, bytes + first, SENT - first);
    expect_connection_gone(client, bad);
    expect_some(client, last, 1);
    peer_echo(last);
    expect_served(client, last);
    expect_failure(client, why);
    begin_timeline_anew();
}

GRADED(reports_wrong_bytes, 2,
       "reports the connection on which other bytes come back",
       "As many bytes have come back as were sent. Are they the same, all of "
       "them, in whatever pieces they come?")
{
    report_wrong_byte(SENT - 2, SENT);
    report_wrong_byte(0, SENT);
    report_wrong_byte(SENT / 2 - 1, 10);
    report_wrong_byte(SENT - 1, 10);
    static const char zeros[SENT];
    report_wrong_bytes(zeros, SENT, COMPARE_ALL);
    char other[] = MESSAGE_1 MESSAGE_2;
    other[3] ^= 1;
    report_wrong_bytes(other, SENT / 2, COMPARE_ALL);
    report_wrong_bytes(MESSAGE_1 "Message 2 from Client.", SENT,
                       "On connection 2, a capital letter came back where a "
                       "small one was sent: that is another byte, so compare "
                       "with memcmp(), and not with strcasecmp() and its kin.");
}

GRADED(reports_swapped_messages, 1,
       "reports the connection on which the messages come back exchanged",
       "With what do you compare the bytes that come: with the message that "
       "they are part of?")
{
    struct peer *server = serve();
    struct peer *good = echoing(server), *bad = peer_await(server);
    struct peer *last = peer_await(server);
    struct program *client = start(server, 3);
    expect_some(client, bad, sizeof MESSAGE_1 - 1);
    peer_send_text(bad, MESSAGE_2 MESSAGE_1);
    expect_served(client, good);
    expect_connection_gone(client, bad);
    expect_some(client, last, 1);
    peer_echo(last);
    expect_served(client, last);
    expect_taken(client, last, SENT);
    expect_failure(client, "On connection 2 the messages came back exchanged: "
                           "as many bytes as were sent, but not the same.");
}

// The third connection ends like that when so many bytes have come back.
static void report_an_end(size_t bytes, enum peer_farewell farewell,
                          const char *why)
{
    struct peer *server = serve();
    struct peer *first = echoing(server), *second = echoing(server);
    struct peer *bad = peer_await(server);
    peer_echo_only(bad, bytes, farewell);
    struct program *client = expect_report(server, first, second, bad, why);
    if (farewell == FAREWELL_FINISH)
        expect_no_reason_told(client);
}

GRADED(reports_an_early_end, 2,
       "reports the connection that ends before all has come back",
       "recv() returned 0. Has all come back that was sent?")
{
    report_an_end(sizeof MESSAGE_1 - 1, FAREWELL_FINISH,
                  "On connection 3, recv() returned 0 when one of the two "
                  "messages had come back, and not the other: that is no "
                  "success. Read: man 2 recv.");
    begin_timeline_anew();
    report_an_end(30, FAREWELL_FINISH,
                  "On connection 3, recv() returned 0 when 30 of 44 bytes had "
                  "come back: that is no success. Read: man 2 recv.");
    // That errno was EAGAIN before says nothing of this 0.
    begin_timeline_anew();
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    report_an_end(sizeof MESSAGE_1 - 1, FAREWELL_FINISH,
                  "On connection 3, recv() returned 0 when one of the two "
                  "messages had come back: that is no success, and errno is "
                  "only good right after a -1. Read: man 3 errno.");
}

GRADED(reports_an_end_without_a_word, 1,
       "reports the connection that ends before anything has come back",
       "What does recv() return first in this case?")
{
    report_an_end(0, FAREWELL_FINISH,
                  "On connection 3, recv() returned 0 before anything had come "
                  "back: that is no success. Read: man 2 recv.");
}

GRADED(reports_a_reset, 1, "reports the connection that the server resets",
       "Which result of recv() means that this connection has failed? Does it "
       "concern the others?")
{
    report_an_end(5, FAREWELL_RESET,
                  "Connection 3 was reset: recv() fails with ECONNRESET.");
}
