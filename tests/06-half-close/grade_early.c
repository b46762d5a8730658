// What digest_client makes of an answer that comes before all is sent.

#include "grader/grade.h"

#include "digests.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

PART(4)

enum { MUCH = 32 * 1024 * 1024 };

// A client has more to send than a server takes that has stopped to receive.
static struct program *fill(struct peer **server)
{
    need_large_pieces_sent(MUCH);
    *server = peer_listen(peer_own_host());
    peer_stop_reading(*server);
    struct program *client =
        start_with_input(*server, random_bytes("much", MUCH), MUCH);
    expect_connection(client, *server);
    expect_quiet(client);
    return client;
}

GRADED(client_takes_an_early_refusal, 3,
       "the client prints \"too large\", though the server takes no more",
       "Which call does the client wait in, while the answer is there?")
{
    struct peer *server;
    struct program *client = fill(&server);
    peer_send_text(server, TOO_LARGE);
    peer_finish_sending(server);
    expect_printed(client, TOO_LARGE, 1);
}

GRADED(client_takes_an_early_digest, 1,
       "the client prints a digest that comes before all is sent",
       "Somebody has answered. Who still wants the rest of the file?")
{
    static const char answer[] = "65536 12ab34cd\n";
    struct peer *server;
    struct program *client = fill(&server);
    peer_send_text(server, answer);
    peer_finish_sending(server);
    expect_printed(client, answer, -1);
}

GRADED(client_takes_an_answer_without_input, 1,
       "the client prints an answer that comes while its input is silent",
       "Which call does the client wait in, while nobody types?")
{
    begin_timeline_anew();
    struct peer *server = peer_listen(peer_own_host());
    struct program *client = start_with_input(server, NULL, 0);
    expect_connection(client, server);
    expect_quiet(client);
    peer_send_text(server, TOO_LARGE);
    peer_finish_sending(server);
    expect_printed(client, TOO_LARGE, 1);
    expect_nobody_left(client);
    // And where somebody has typed a few bytes.
    begin_timeline_anew();
    server = peer_listen(peer_own_host());
    client = start_with_input(server, NULL, 0);
    expect_connection(client, server);
    input_stay_open(&client->input);
    input_more(&client->input, "hello", 5);
    expect_quiet(client);
    peer_send_text(server, TOO_LARGE);
    peer_finish_sending(server);
    expect_printed(client, TOO_LARGE, 1);
}

GRADED(client_reads_the_answer_behind_a_failed_send, 2,
       "the client prints an answer that was there when sending failed",
       "send() has failed. What may have come before that?")
{
    hold(CALLS_SEND);
    struct peer *server = peer_listen(peer_own_host());
    struct program *client =
        start_with_input(server, random_bytes("some", MIB(1)), MIB(1));
    expect_connection(client, server);
    expect_held(client);
    peer_send_text(server, TOO_LARGE);
    vanish_before_it_sends(server, client);
    expect_printed(client, TOO_LARGE, 1);
    end_weather();
    // Where sending fails with ECONNRESET.
    begin_timeline_anew();
    hold(CALLS_SEND);
    server = peer_listen(peer_own_host());
    client = start_with_input(server, random_bytes("some", MIB(1)), MIB(1));
    expect_connection(client, server);
    expect_held(client);
    peer_send_text(server, TOO_LARGE);
    peer_reset(server);
    program_release(client);
    expect_printed(client, TOO_LARGE, 1);
}

// The server is gone before the client sends: first its end has come, and then
// a reset, of which sending tells. Who receives meanwhile has seen the end by
// itself, and may say that.
static void expect_loss_told(struct program *client)
{
    struct trace *trace = stage_current()->trace;
    size_t i = 0;
    uint64_t failed_us = UINT64_MAX, ended_us = UINT64_MAX;
    expect_exit_status(client, 1);
    for (const struct call *call; (call = trace_next_call(trace, &i)) != NULL;)
        if (call->root != client->pid || !call->on_socket || !call->finished)
            continue;
        else if (call->group == CALLS_SEND && call->result < 0)
            failed_us = call->ended_us;
        else if (call->group == CALLS_RECEIVE && call->result == 0 &&
                 call->ended_us < ended_us)
            ended_us = call->ended_us;
    if (ended_us < failed_us)
        expect_complaint(client, 1);
    else
        expect_error(client, 1, ECONNRESET);
}

GRADED(client_survives_a_vanished_server, 2,
       "the client is not killed by SIGPIPE, and says that there is no answer",
       "What does the kernel do to a program that sends into a connection "
       "which the other side has reset?")
{
    hold(CALLS_SEND);
    struct peer *server = peer_listen(peer_own_host());
    struct program *client =
        start_with_input(server, random_bytes("some", KIB(4)), KIB(4));
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
    expect_loss_told(client);
    end_weather();
    // And by the rest of it.
    begin_timeline_anew();
    hold_behind_a_short_one(CALLS_SEND);
    server = peer_listen(peer_own_host());
    client = start_with_input(server, random_bytes("some", KIB(4)), KIB(4));
    expect_connection(client, server);
    vanish_before_it_sends(server, client);
    expect_loss_told(client);
}
