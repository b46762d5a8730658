// Grading tests for lesson 06: what digest_server promises, check by check, in
// the order in which the TODOs make them pass.

#include "grader/grade.h"

#include "digests.h"
#include "why.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/server_checks.h"
#include "words/weathers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

LESSON("06-half-close", "Finished sending, and still receiving",
       PROTOCOL_IN_TURN | PROTOCOL_LIMITS)

enum { PATIENCE_US = 8 * 1000 * 1000 }; // less than that of any server

GRADED(announces_itself, 1,
       "prints \"listening on HOST:PORT\" when it can be connected to",
       "That is server_run() in server.h: is it called with HOST and PORT?")
{
    server_announces_itself(SERVER);
}

GRADED(digests_what_it_receives, 2,
       "answers a content with its size and its CRC-32, and closes",
       "How much of each piece is added, and which was the last one?")
{
    static const char zeros[] = "a\0b\0\0";
    struct program *server = start_here();
    expect_digest(server, "hello\n", 6);
    expect_digest(server, zeros, sizeof zeros);
    expect_digest(server, random_bytes("content", 40000), 40000);
    expect_complaints(server, 0);
}

GRADED(digests_nothing, 1, "answers a client without a byte with 0 00000000",
       "How many bytes has a content that ends at once?")
{
    struct program *server = start_here();
    expect_digest(server, "", 0);
    expect_digest(server, "\0", 1);
    expect_digest(server, "", 0);
    expect_complaints(server, 0);
}

GRADED(digests_what_comes_in_pieces, 1,
       "puts a content together that comes in pieces",
       "How many bytes of the piece are new, and where was the CRC before?")
{
    enum { SIZE = 120 };
    const void *bytes = random_bytes("pieces", SIZE);
    struct program *server = start_here();
    for (size_t piece = 1; piece <= 100; piece *= 10) {
        struct peer *client = connect_to(server);
        peer_send_in_pieces(client, piece, piece > 1);
        peer_send(client, bytes, SIZE);
        peer_finish_sending(client);
        expect_answer(server, client, digest_of(bytes, SIZE), NULL);
        expect_end_and_no_reset(server, client);
    }
}

GRADED(waits_for_the_end, 1,
       "says nothing before the client has finished sending",
       "One recv() has brought something. How do you know that it was all?")
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_send_text(client, "the first half,\n");
    expect_quiet(server);
    const struct failure failure = {
        .program = server,
        .peer = client,
        .is_sure = true,
        .means = "The client has not finished sending: only recv() = 0 says "
                 "that nothing more can come. What one recv() brings is a "
                 "piece of the content.",
    };
    if (client->in.size > 0 || client->saw_end)
        expect_fail(&failure, "no answer yet, as the content goes on",
                    client->in.size > 0 ? "an answer" : "the end");
    peer_send_text(client, " and the second");
    peer_finish_sending(client);
    expect_answer(server, client,
                  digest_of("the first half,\n and the second", 31), NULL);
    expect_end_and_no_reset(server, client);
}

GRADED(digests_16_mib, 1, "digests a content of exactly 16 MiB",
       "Is a content of the largest size that is allowed too large?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    const char *bytes = random_bytes("16 MiB", CONTENT_MAX);
    struct peer *client = connect_to(server);
    peer_send(client, bytes, CONTENT_MAX);
    expect_quiet(server);
    peer_finish_sending(client);
    expect_answer(server, client, digest_of(bytes, CONTENT_MAX), NULL);
    expect_end_and_no_reset(server, client);
}

GRADED(refuses_what_is_too_large, 2,
       "answers \"too large\" as soon as one byte too many has come",
       "When is it known that it is too much, and what has to be done so that "
       "the answer arrives?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    peer_finish_sending(client);
    expect_end_and_no_reset(server, client);
    // And when the end is there already.
    client = connect_to(server);
    send_much(client, CONTENT_MAX + MIB(1));
    peer_finish_sending(client);
    expect_answer(server, client, TOO_LARGE, NULL);
    expect_end_and_no_reset(server, client);
    expect_answered_client(server);
}

GRADED(finishes_sending_when_too_large, 1,
       "has finished sending behind \"too large\", and receives on",
       "By what does the client know that the answer is all, if it goes on "
       "sending meanwhile?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    expect_quiet(server);
    struct failure failure = {
        .program = server,
        .peer = client,
        .is_sure = true,
        .means = "The answer is sent, and the client can't know that it is "
                 "all: shutdown(SHUT_WR) says so at once, and leaves the other "
                 "direction open.",
    };
    if (!is_over(client))
        expect_fail(&failure, "the end of the stream behind the answer",
                    "a stream that goes on");
    expect_end_and_no_reset(server, client);
    expect_drained(
        server, client,
        why_not_drained(client,
                        "It was closed in both directions, and the client is "
                        "sending: that is answered by a reset, which takes "
                        "with it what has not arrived yet. Finish sending by "
                        "shutdown(SHUT_WR), and receive on."));
    peer_finish_sending(client);
    expect_answered_client(server);
}

// Its client receives nothing before it has sent so much more than 16 MiB. A
// machine may be too slow for the server's limits, which begin with that.
static void expect_refusal_behind(size_t more)
{
    struct program *server = start_here();
    struct peer *client = connect_to(server);
    peer_stop_reading(client);
    send_much(client, CONTENT_MAX);
    expect_quiet(server);
    const uint64_t began_us = trace_now_us(stage_current()->trace);
    send_much(client, more);
    peer_finish_sending(client);
    expect_quiet(server);
    const uint64_t took_us = trace_now_us(stage_current()->trace) - began_us;
    peer_resume_reading(client);
    expect_quiet(server);
    if (took_us > PATIENCE_US && (client->saw_error != 0 || !client->saw_end))
        verdict_not_run("this machine was too slow: the server may have given "
                        "up, as it may after 10 s");
    expect_answer(server, client, TOO_LARGE, NULL);
    expect_end_and_no_reset(server, client);
    expect_answered_client(server);
    stop_server(server, SIGTERM);
}

GRADED(answer_arrives_while_the_client_sends, 3,
       "its \"too large\" arrives whole, though 60 MiB more are sent",
       "What does the kernel do when a socket is closed with bytes unread?")
{
    need_large_pieces(CONTENT_MAX + MIB(60));
    expect_refusal_behind(KIB(64));
    begin_timeline_anew();
    without_tracer(); // which takes its time with each call
    expect_refusal_behind(MIB(60));
}

// Another one that is drained, later, and has taken its time with what it has
// sent, has the whole time; and no more than that, though signals come, and
// somebody sets the clock back.
static void expect_limits_of_its_own(struct program *server)
{
    begin_timeline_anew();
    struct peer *client = connect_to(server);
    time_passes(server, SECONDS(20));
    send_too_much_by(server, client);
    time_passes(server, 1000);
    expect_drained(server, client,
                   "This client was silent for 1 s, others were drained "
                   "before, and it had been there for 20 s when it was "
                   "answered: the limits are counted anew for each client, "
                   "from its answer on.");
    clock_is_set(-(int64_t)HOURS(24));
    signals_come(server, 8, 1500);
    expect_given_up(server, client,
                    "Nothing has come from this client for 12 s. But a signal "
                    "came each 1.5 s (EINTR), and the date was set back: the "
                    "time that is left is computed anew after each, by a clock "
                    "that nobody sets, until a moment that stays what it was.");
    expect_answered_client(server);
}

GRADED(gives_up_a_silent_client, 1,
       "drains a client that is silent for 1.5 s, and not for more than 2",
       "Which wait has a limit, and from when on does it count?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    for (int i = 0; i < 3; i++) {
        time_passes(server, 1500);
        expect_drained(
            server, client,
            i == 0 ? "The client was silent for 1.5 s, and 2 s are allowed: it "
                     "may be slow, and the answer still on its way."
                   : "The client was silent for 1.5 s, then sent a byte, and "
                     "was silent again: the 2 s begin anew with each byte.");
    }
    time_passes(server, 2600);
    expect_given_up(server, client,
                    "The client has not finished, and nothing has come from it "
                    "for more than 2 s: silence has a limit of its own, 2 s "
                    "from one byte to the next, as all other clients wait "
                    "meanwhile.");
    expect_answered_client(server);
    expect_limits_of_its_own(server);
}

GRADED(gives_up_a_dripping_client, 2,
       "drains for 10 s in all, whatever still comes",
       "The client sends a byte each second. Which of the limits ends that?")
{
    need_large_pieces(CONTENT_MAX);
    struct program *server = start_here();
    struct peer *client = send_too_much(server);
    for (int i = 0; i < 8; i++) {
        time_passes(server, SECONDS(1));
        expect_drained(server, client,
                       "The client still sends, a byte each second, and 10 s "
                       "are not over.");
    }
    for (int i = 0; i < 4; i++) {
        time_passes(server, SECONDS(1));
        if (client->saw_error == 0)
            peer_send(client, ".", 1);
    }
    expect_given_up(server, client,
                    "12 s have passed since the answer, and a byte came each "
                    "second: a limit of silence that begins anew with each "
                    "byte never ends. The 10 s are for all of it: keep the "
                    "time at which they are over.");
    expect_answered_client(server);
}

// How many bytes may be on their way, at both ends, at most (tcp(7)); IS_SMALL:
// those that the server has not received are at most 2 MiB (socket(7)).
static size_t kernel_holds(bool is_small)
{
    static const char *const tables[] = {"/proc/sys/net/ipv4/tcp_rmem",
                                         "/proc/sys/net/ipv4/tcp_wmem"};
    size_t sum = MIB(1);
    for (size_t i = 0; i < COUNT(tables); i++) {
        size_t most = MIB(6);
        if (i == 0 && is_small) {
            sum += MIB(2);
            continue;
        }
        FILE *table = fopen(tables[i], "re");
        if (table != NULL && fscanf(table, "%*u %*u %zu", &most) != 1)
            most = MIB(6);
        if (table != NULL)
            fclose(table);
        sum += most;
    }
    return sum;
}

static struct peer *send_endlessly(struct program *server)
{
    // The answer is received before the rest is sent: a peer whose send fails
    // does not look what it has got.
    struct peer *client = send_too_much(server);
    send_much(client, THROWN_MAX + MIB(64));
    expect_quiet(server);
    return client;
}

GRADED_AT_SCALE(gives_up_an_endless_client, 1,
                "throws away at most 64 MiB more, and then closes",
                "The client never stops sending. Which limit ends that?")
{
    need_large_pieces(CONTENT_MAX + THROWN_MAX);
    without_tracer();
    struct program *server = start_here();
    const bool is_small = program_shrink_buffers(server, MIB(1)) == 0;
    struct peer *client = send_endlessly(server);
    // On a busy machine, it may have been time that ended it.
    for (int i = 0; i < 3 && client->sent < CONTENT_MAX + THROWN_MAX; i++)
        client = send_endlessly(server);
    const struct failure failure = {
        .program = server,
        .peer = client,
        .is_sure = true,
        .means = "The client sends as fast as it can, and without end: what is "
                 "thrown away has a limit, too, 64 MiB.",
    };
    if (client->sent > CONTENT_MAX + THROWN_MAX + kernel_holds(is_small))
        expect_fail(&failure, "the connection closed after 64 MiB more",
                    "%zu MiB sent", (client->sent - CONTENT_MAX) / MIB(1));
    expect_answered_client(server);
}
