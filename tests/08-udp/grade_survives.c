// What udp_echo_server survives: clients that are gone, errors that are one
// datagram's, signals, floods and days.

#include "grader/grade.h"

#include "udp.h"
#include "stage/stage.h"
#include "words/content.h"
#include "words/expect_fail.h"
#include "words/weathers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

PART(3)

GRADED(goes_on_when_a_client_is_gone, 2,
       "serves the next client when one is gone before it is answered",
       "Where does an answer go whose receiver has closed its socket, and who "
       "hears of that?")
{
    enum { GONE = 3 };
    hold(CALLS_SEND);
    struct program *server = serve_here();
    struct peer *client = come();
    ask_text(client, server, HELLO);
    comes_to_be_held(server);
    peer_close(client);
    program_release(server);
    expect_quiet(server);
    for (int i = 0; i < GONE; i++) {
        client = come();
        ask_text(client, server, HELLO);
        peer_close(client);
    }
    expect_service(server);
    expect_service(server);
}

// A call fails, as long as that lasts, and what follows is served.
static void survive(unsigned calls, int error)
{
    begin_timeline_anew();
    end_weather();
    // Nobody is told of an earlier one twice.
    const unsigned every = calls == CALLS_SEND ? 1 : 0;
    make_weather((struct weather){.kind = WEATHER_FAIL,
                                  .calls = calls,
                                  .error = error,
                                  .every = every,
                                  .stays = true});
    struct program *server = serve_here();
    struct peer *client = come();
    ask_text(client, server, "may be lost");
    expect_quiet(server); // who tries again and again has to rest, too
    end_weather();
    client->taken = client->datagrams->count;
    struct peer *next = come();
    expect_echoed(server, next, HELLO, strlen(HELLO));
    expect_service(server);
}

GRADED(goes_on_when_an_answer_fails, 3,
       "serves the next datagram when one can't be answered",
       "sendto() returned -1: whose trouble is that, and who still waits?")
{
    // A firewall's, no way there, a forged port of 0, a full queue.
    static const int errors[] = {EPERM,  ENETUNREACH, EHOSTUNREACH,
                                 EINVAL, ENOBUFS,     ECONNREFUSED};
    for (size_t i = 0; i < COUNT(errors); i++)
        survive(CALLS_SEND, errors[i]);
}

// Who is told of that: a connected socket, or who has asked (IP_RECVERR).
GRADED(goes_on_when_an_earlier_answer_was_refused, 1,
       "serves on when receiving fails with what befell an earlier answer",
       "A router or a receiver has refused a datagram. Which call is told of "
       "it, and what has it to do with that?")
{
    survive(CALLS_RECEIVE, ECONNREFUSED);
    survive(CALLS_RECEIVE, EHOSTUNREACH);
}

GRADED(survives_signals, 2, "goes on when a signal interrupts a call (EINTR)",
       "Which of your calls wait, and what do they return when a signal "
       "comes?")
{
    enum { ROUNDS = 6 };
    fail_every_second(MOVING_CALLS | CALLS_WAIT, EINTR);
    struct program *server = serve_here();
    struct peer *client = come();
    for (int i = 0; i < ROUNDS; i++) {
        const char *text = formatted("round %d", i);
        expect_echoed(server, client, text, strlen(text));
    }
    expect_nothing_else(server, client,
                        "errno keeps what an earlier call has left there: it "
                        "is only worth a look when the call has returned -1.");
}

GRADED(survives_false_alarms, 1,
       "goes on when there was nothing to be received after all",
       "select() says that there is something, and its checksum is wrong. "
       "What does the next call find?")
{
    enum { ROUNDS = 4 };
    make_weather((struct weather){
        .kind = WEATHER_FALSE_ALARM, .calls = CALLS_WAIT, .every = 2});
    fail_every_second(CALLS_RECEIVE, EAGAIN);
    struct program *server = serve_here();
    struct peer *client = come();
    for (int i = 0; i < ROUNDS; i++) {
        expect_quiet(server);
        expect_echoed(server, client, HELLO, strlen(HELLO));
    }
}

// Each that has come back is one of those that were sent, whole.
static void expect_whole_ones(struct program *server, struct peer *client,
                              const unsigned char *sent, size_t size)
{
    for (; client->taken < client->datagrams->count; client->taken++) {
        const size_t number = client->taken;
        const unsigned char *got = datagrams_bytes(client, number);
        const struct failure failure = {
            .program = server,
            .peer = client,
            .is_sure = true,
            .means = "The queue was full, and many datagrams were lost. That "
                     "is how it should be: each of them is lost as a whole, "
                     "and none becomes another.",
            .expected = sent,
            .expected_size = size,
            .actual = got,
            .actual_size = client->datagrams->got[number].size,
        };
        if (client->datagrams->got[number].size != size ||
            memcmp(got + sizeof(uint32_t), sent + sizeof(uint32_t),
                   size - sizeof(uint32_t)) != 0)
            expect_fail(&failure, "datagrams that come back whole",
                        "one that does not");
    }
}

GRADED(survives_a_flood, 2,
       "lives through 10,000 datagrams at once, and answers what was not lost",
       "The queue holds a few hundred. What becomes of the others, and who is "
       "told?")
{
    enum { FLOOD = 10000, SIZE = 200 };
    hold(CALLS_RECEIVE | CALLS_WAIT);
    struct program *server = serve_here();
    struct peer *client = come();
    unsigned char *bytes = random_bytes("a flood", SIZE);
    comes_to_be_held(server);
    for (uint32_t i = 0; i < FLOOD; i++) {
        memcpy(bytes, &i, sizeof i);
        ask(client, server, bytes, SIZE);
    }
    end_weather();
    program_release(server);
    expect_quiet(server);
    expect_whole_ones(server, client, bytes, SIZE);
    expect_echoed(server, client, HELLO, strlen(HELLO));
    expect_service(server);
}

GRADED(waits_for_days, 1, "waits for datagrams as long as that takes",
       "Which of your calls has a limit of time, and who has asked for one?")
{
    struct program *server = serve_here();
    time_passes(server, HOURS(24));
    expect_service(server);
    time_passes(server, HOURS(24));
    expect_service(server);
    expect_idle(server);
}

GRADED(keeps_nothing_of_its_clients, 1,
       "has as many descriptors, and as much memory, after many clients",
       "What does each datagram leave behind: a descriptor, memory?")
{
    enum { CLIENTS = 100, UNANSWERED = 40, FEW = 5 };
    struct program *server =
        start_server_with(SERVER, "127.0.0.1", "0",
                          (struct program_options){.reuses_memory = true});
    for (int i = 0; i < FEW; i++)
        expect_service(server);
    struct level before = level_of(server);
    for (int i = 0; i < CLIENTS; i++) {
        struct peer *client = come();
        expect_echoed(server, client, HELLO, strlen(HELLO));
        peer_forget(client);
    }
    expect_level(server, &before, CLIENTS);
    // Nor do those leave anything that could not be answered.
    struct peer *client = come();
    fail_always(CALLS_SEND, EPERM);
    for (int i = 0; i < UNANSWERED; i++) {
        ask_text(client, server, HELLO);
        expect_quiet(server);
    }
    end_weather();
    expect_no_growth(server, &before, KIB(256),
                     "Each datagram that could not be answered leaves memory "
                     "behind: free() what was allocated for it, on the way out "
                     "that a failed call leads to as well. Read: man 3 "
                     "malloc.");
}
